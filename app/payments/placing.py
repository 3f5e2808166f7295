"""Writing an order with its lines (together, so that none is ever seen without its lines), then its session."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.utils import timezone

from app.payments import prepared
from app.payments.models import Order, OrderItem

if TYPE_CHECKING:
    Field = models.Field[Any, Any]

ORDER_FIELDS = Order._meta.concrete_fields
ITEM_FIELDS = [field for field in OrderItem._meta.concrete_fields if not field.primary_key]
KEEP_SESSION = b"""
UPDATE payments_order SET stripe_session_id = $2, checkout_url = $3, updated_at = $4::timestamptz,
    reason_code = '', reason = ''
WHERE id = $1::uuid AND stripe_session_id IS NULL
"""


def write_order(order: Order, items: list[OrderItem]) -> None:
    """Insert both. Raises IntegrityError when the order's idempotency key is taken; then nothing was written."""
    for item in items:
        item.order = order
    if prepared.is_possible():
        _insert_at_once(order, items)
    else:
        with transaction.atomic():
            order.save(force_insert=True)
            OrderItem.objects.bulk_create(items)
    order.lines = items


def keep_session(order: Order, session_id: str, url: str) -> bool:
    """Give the order its Checkout Session, unless it has got one meanwhile; whether it did."""
    order.stripe_session_id, order.checkout_url, order.updated_at = session_id, url, timezone.now()
    order.reason_code = order.reason = ""
    if prepared.is_possible():
        return prepared.execute(KEEP_SESSION, [order.pk, session_id, url, order.updated_at]) == 1
    changed = ("stripe_session_id", "checkout_url", "updated_at", "reason_code", "reason")
    mine = Order.objects.filter(pk=order.pk, stripe_session_id=None)
    return mine.update(**{name: getattr(order, name) for name in changed}) == 1


def _insert_at_once(order: Order, items: list[OrderItem]) -> None:
    """One round trip for what would be four (BEGIN, order, lines, COMMIT)."""
    values = _values(order, ORDER_FIELDS)
    for item in items:
        values += _values(item, ITEM_FIELDS)
    prepared.execute(_statement(len(items)), values)
    order._state.adding = False


def _values(row: models.Model, fields: "Sequence[Field]") -> list[Any]:
    values = [(field, field.pre_save(row, add=True)) for field in fields]
    return [json.dumps(value) if isinstance(field, models.JSONField) else value for field, value in values]


@cache
def _statement(lines: int) -> bytes:
    numbers = count(1)

    def insert(model: type[models.Model], fields: "Sequence[Field]", rows: int) -> str:
        quote = connection.ops.quote_name
        # Without its length: a cast to varchar(20) would cut off what is too long, an assignment refuses it.
        row = [str(field.db_type(connection)).partition("(")[0] for field in fields]
        values = ", ".join(f"({', '.join(f'${next(numbers)}::{kind}' for kind in row)})" for _ in range(rows))
        columns = ", ".join(quote(str(field.column)) for field in fields)
        return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {values}"  # noqa: S608  # no values

    return f"WITH placed AS ({insert(Order, ORDER_FIELDS, 1)}) {insert(OrderItem, ITEM_FIELDS, lines)}".encode()
