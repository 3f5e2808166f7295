"""Read an order's lines back from Stripe, if the buyer could change them: adjustable quantities, optional items."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from app.payments.currencies import format_amount
from app.payments.facts import Facts
from app.payments.models import Order, OrderItem, Product
from app.payments.settle import settle
from app.payments.stripe import client
from app.payments.stripe.events import Event, Reference, id_of
from app.web.outages import release_connection

LineItem = dict[str, Any]


def read_back(order: Order) -> None:
    """Replace the order's lines by those that were bought, once; nothing to do for lines that nobody could change.

    A line that is not in the catalog, or a sum that differs from what Stripe reports, sends the order to review.
    Afterwards `order` is as stored. Raises Problem if Stripe can't respond.
    """
    if not order.lines_open or not order.stripe_session_id:
        return
    release_connection()
    bought = client.list_line_items(order.stripe_session_id)
    lines, mismatch = _lines(order, bought)
    with transaction.atomic():
        # Locked, like a refund: another worker may be doing the same.
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if is_first := locked.lines_open:
            if not mismatch:
                locked.items.all().delete()
                OrderItem.objects.bulk_create(lines)
                locked.amount_total = sum(line.sum for line in lines)
                mismatch = _difference(locked)
            locked.lines_open = False
            locked.version += 1
            locked.save(update_fields=["amount_total", "lines_open", "version", "updated_at"])
    if is_first and mismatch:
        settle([Event(Reference(order_ids=(order.pk,)), Facts(mismatches=frozenset({mismatch})))])
    order.refresh_from_db()


def _lines(order: Order, bought: Sequence[LineItem]) -> tuple[list[OrderItem], str]:
    """Return the new lines, and what is wrong with them."""
    keys = [_keys(line) for line in bought]
    known = Product.objects.filter(Q(stripe_price_id__in=[p for p, _ in keys]) | Q(sku__in=[sku for _, sku in keys]))
    products = {product.stripe_price_id or product.sku: product for product in known}
    products |= {product.sku: product for product in known}
    # Not `order.lines`, which would keep them.
    names = {line.stripe_price_id or line.sku: line.name for line in order.items.all()}
    lines = []
    for line, (price_id, sku) in zip(bought, keys, strict=True):
        product = products.get(price_id) or products.get(sku)
        if product is None:
            return [], f"Stripe's line {str(line.get('description'))!r:.100} is not in the catalog."
        is_priced = product.stripe_price_id == price_id
        lines.append(
            OrderItem(
                order=order,
                product=product,
                sku=product.sku,
                name=names.get(price_id if is_priced else product.sku, product.name),
                unit_amount=line["price"]["unit_amount"],
                quantity=line["quantity"],
                stripe_price_id=price_id if is_priced else "",
            )
        )
    return lines, ""


def _keys(line: LineItem) -> tuple[str, str]:
    """Return the line's price id, and the SKU that our own price data names."""
    product = line["price"].get("product")
    metadata = product.get("metadata") if isinstance(product, dict) else None
    return id_of(line["price"]), str((metadata or {}).get("sku") or "")


def _difference(order: Order) -> str:
    if order.amount_total == order.amount_subtotal:
        return ""
    sums = [format_amount(amount, order.currency) for amount in (order.amount_total, order.amount_subtotal)]
    return f"The lines at Stripe come to {sums[0]}, but its amount_subtotal is {sums[1]}."
