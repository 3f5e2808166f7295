"""Writing an order with its lines: together, so that no order is ever seen without its lines."""

from collections.abc import Iterable
from contextlib import nullcontext
from functools import cache
from typing import Any

from django.db import connection, models, transaction

from app.payments.models import Order, OrderItem

ORDER_FIELDS = Order._meta.concrete_fields
ITEM_FIELDS = [field for field in OrderItem._meta.concrete_fields if not field.primary_key]


def write_order(order: Order, items: list[OrderItem]) -> None:
    """Insert both. Raises IntegrityError when the order's idempotency key is taken; then nothing was written."""
    for item in items:
        item.order = order
    # A statement of Postgres is a transaction of its own; inside another one, a failure must not spoil that.
    one_statement = connection.vendor == "postgresql"
    with nullcontext() if one_statement and not connection.in_atomic_block else transaction.atomic():
        if one_statement:
            _insert_at_once(order, items)
        else:
            order.save(force_insert=True)
            OrderItem.objects.bulk_create(items)
    order.lines = items


def _insert_at_once(order: Order, items: list[OrderItem]) -> None:
    """One round trip for what would be four (BEGIN, order, lines, COMMIT)."""
    values = _values(order, ORDER_FIELDS)
    for item in items:
        values += _values(item, ITEM_FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(items)), values)
    order._state.adding = False


def _values(row: models.Model, fields: Iterable["models.Field[Any, Any]"]) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]


@cache
def _statement(lines: int) -> str:
    quote = connection.ops.quote_name

    def insert(model: type[models.Model], fields: Iterable["models.Field[Any, Any]"], rows: int) -> str:
        columns = [quote(str(field.column)) for field in fields]
        row = f"({', '.join(['%s'] * len(columns))})"
        table = quote(model._meta.db_table)
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"  # noqa: S608  # names of tables and columns only

    return f"WITH placed AS ({insert(Order, ORDER_FIELDS, 1)}) {insert(OrderItem, ITEM_FIELDS, lines)}"
