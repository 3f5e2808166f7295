"""What can be bought, and at which price."""

import json
from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from app.payments import prepared
from app.payments.models import OrderItem, Product
from app.payments.problems import Problem

DEFAULT_SKU = "default"
COLUMNS = ["id", "sku", "name", "unit_amount", "currency"]  # in the model's order, as from_db wants them
ON_SALE = b"""
SELECT id, sku, name, unit_amount, currency FROM payments_product
WHERE active AND sku IN (SELECT jsonb_array_elements_text($1::jsonb))
"""


def ensure_default_product() -> Product:
    """The product that is sold when nothing is chosen, written from the settings if it isn't there yet."""
    product, _ = Product.objects.get_or_create(
        sku=DEFAULT_SKU,
        defaults={
            "name": settings.DEFAULT_PRODUCT_NAME,
            "unit_amount": settings.DEFAULT_PRODUCT_AMOUNT,
            "currency": settings.DEFAULT_PRODUCT_CURRENCY,
        },
    )
    return product


def chosen_items(choice: Iterable[tuple[str, int]]) -> list[OrderItem]:
    """Order lines (not saved) for (sku, quantity) pairs, at the catalogue's prices; no choice is the default product.

    Raises Problem 400 for an unknown or inactive product and for a mix of currencies.
    """
    quantities: dict[str, int] = {}
    for sku, quantity in choice:
        quantities[sku] = quantities.get(sku, 0) + quantity
    wanted = quantities or {DEFAULT_SKU: 1}
    products = _on_sale(wanted)
    if not quantities and not products:
        default = ensure_default_product()  # a new database, or one that is no longer sold
        products = {default.sku: default} if default.active else {}
    if missing := sorted(set(wanted) - set(products)):
        raise Problem(400, "unknown_product", f"There is no product {missing[0]!r}. GET /api/products/ lists them.")
    if len({product.currency for product in products.values()}) > 1:
        raise Problem(400, "mixed_currencies", "One order holds products of one currency. Make two orders.")
    return [_line(products[sku], quantity) for sku, quantity in wanted.items()]


def _on_sale(skus: Iterable[str]) -> dict[str, Product]:
    if not prepared.is_possible():
        return {product.sku: product for product in Product.objects.filter(sku__in=skus, active=True)}
    rows = prepared.fetch(ON_SALE, [json.dumps(list(skus))])
    # What is not read here is read when somebody asks for it.
    found = [
        Product.from_db(connection.alias, COLUMNS, [int(pk), sku, name, int(amount), currency])
        for pk, sku, name, amount, currency in rows
    ]
    return {product.sku: product for product in found}


def _line(product: Product, quantity: int) -> OrderItem:
    return OrderItem(
        product=product, sku=product.sku, name=product.name, unit_amount=product.unit_amount, quantity=quantity
    )
