"""Orders as CSV, as a stream: the time and the memory per order stay the same, however many there are."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from app.payments.currencies import format_amount
from app.payments.models import Order, OrderItem
from app.web.outages import release_connection

CHUNK = 1000  # orders per query
# A spreadsheet takes text that starts like this as a formula (OWASP: "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"  # without it, Excel does not read the file as UTF-8
COLUMNS = (
    *("order", "created", "status", "reason", "email", "phone", "ship_to", "reference"),
    *("items", "currency"),
    *("total", "discount", "shipping", "tax", "paid", "refunded", "paid_at"),
    *("checkout_session", "payment_intent", "livemode"),
)


class _Echo:
    """A file for `csv.writer` that returns what is written (Django: "Streaming large CSV files")."""

    def write(self, line: str) -> str:
        return line


def csv_response(orders: QuerySet[Order]) -> StreamingHttpResponse:
    """Return the orders as a file, newest first."""
    response = StreamingHttpResponse(_lines(orders), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="orders-{timezone.now():%Y-%m-%d}.csv"'
    return response


def _lines(orders: QuerySet[Order]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for chunk in _chunks(orders):
        items = _items(chunk)
        # A slow client must hold no connection to the database.
        release_connection()
        yield "".join(writer.writerow([safe(cell) for cell in _cells(order, items[order.pk])]) for order in chunk)


def _chunks(orders: QuerySet[Order]) -> Iterator[list[Order]]:
    """Yield the orders in parts, each by its own query: an open cursor does not survive a connection pooler."""
    orders = orders.order_by("-created_at", "-pk").defer("facts", "checkout_url", "return_url")
    after = Q()
    while chunk := list(orders.filter(after)[:CHUNK]):
        yield chunk
        last = chunk[-1]
        # The first condition lets the database start in the index where the last part ended.
        after = Q(created_at__lte=last.created_at) & (Q(created_at__lt=last.created_at) | Q(pk__lt=last.pk))


def _items(orders: Iterable[Order]) -> dict[object, list[str]]:
    found: defaultdict[object, list[str]] = defaultdict(list)
    items = OrderItem.objects.filter(order__in=[order.pk for order in orders])
    for order_id, quantity, sku in items.values_list("order", "quantity", "sku"):
        found[order_id].append(f"{quantity} × {sku}")
    return found


def _cells(order: Order, items: list[str]) -> Iterator[str]:
    yield from (str(order.pk), _time(order.created_at), order.status, order.reason, order.customer_email)
    yield from (order.customer_phone, ", ".join(order.shipping_lines))
    yield from (order.reference, "; ".join(items), order.currency.upper())
    for amount in (
        *(order.amount_total, order.amount_discount, order.amount_shipping),
        *(order.amount_tax, order.amount_paid, order.amount_refunded),
    ):
        yield format_amount(amount, order.currency).split()[0]
    yield from (_time(order.paid_at), order.stripe_session_id or "", order.stripe_payment_intent_id)
    yield "yes" if order.livemode else "no"


def _time(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


def safe(cell: str) -> str:
    """Return the cell so that no spreadsheet runs it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
