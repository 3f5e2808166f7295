"""The SQL statements that place an order: its products, the order with its lines, its Checkout Session.

SQL for the same reason as in `app.payments.sql.rows`: the ORM takes longer than Postgres and Stripe's client together.
"""

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from app.payments.models import Order, OrderItem, Product
from app.payments.sql.rows import ORDERS, marks, run
from app.web.outages import thread_connection

ORDER_FIELDS = Order._meta.concrete_fields
LINE_FIELDS = [field for field in OrderItem._meta.concrete_fields if not field.primary_key]
LINES, PRODUCTS = OrderItem._meta.db_table, Product._meta.db_table
PRODUCT_NAMES = ("id", "sku", "name", "unit_amount", "currency", "stripe_price_id")
KEEP_SESSION = f"""
UPDATE {ORDERS} SET stripe_session_id = %s, checkout_url = %s, reason_code = %s, reason = %s, updated_at = %s,
    version = version + 1
WHERE id = %s AND stripe_session_id IS NULL RETURNING version
"""


def active_products(skus: Collection[str]) -> dict[str, Product]:
    """Return the active products by SKU, with the fields that an order needs."""
    rows = run(f"SELECT {', '.join(PRODUCT_NAMES)} FROM {PRODUCTS} WHERE active AND sku IN ({marks(skus)})", skus)
    return {row[1]: Product(**dict(zip(PRODUCT_NAMES, row, strict=True))) for row in rows}


def insert(order: Order, lines: list[OrderItem]) -> None:
    """Insert the order and its lines together, so that no reader sees an order without its lines.

    Raises IntegrityError if the order's idempotency key is taken; then nothing is written.
    """
    values: list[Any] = [field.pre_save(order, True) for field in ORDER_FIELDS]
    values = [json.dumps(value) if isinstance(value, dict) else value for value in values]
    of_lines = [
        order.pk if field.attname == "order_id" else getattr(line, field.attname)
        for line in lines
        for field in LINE_FIELDS
    ]
    into_orders, into_lines = _insert_order(), _insert_lines(len(lines))
    if thread_connection().vendor == "postgresql":
        run(f"WITH placed AS ({into_orders}) {into_lines}", [*values, *of_lines])
    else:
        with transaction.atomic():
            run(into_orders, values)
            run(into_lines, of_lines)
    order._state.adding, order._state.db = False, DEFAULT_DB_ALIAS
    order.lines = lines


def keep_session(
    order: Order, *, session_id: str | None = None, url: str = "", reason_code: str = "", reason: str = ""
) -> bool:
    """Store the order's Checkout Session, or the reason why it has none, in the object and in the database.

    Returns False, and changes nothing, if the order already has a session.
    """
    now = timezone.now()
    changed = {"stripe_session_id": session_id, "checkout_url": url, "reason_code": reason_code, "reason": reason}
    written = run(KEEP_SESSION, [*changed.values(), now, order.pk])
    if not written:
        return False
    for name, value in {**changed, "updated_at": now, "version": written[0][0]}.items():
        setattr(order, name, value)
    return True


@lru_cache(maxsize=1)
def _insert_order() -> str:
    names = [field.attname for field in ORDER_FIELDS]
    return f"INSERT INTO {ORDERS} ({', '.join(names)}) VALUES ({marks(names)}) RETURNING id"


@lru_cache(maxsize=64)
def _insert_lines(count: int) -> str:
    names: list[Any] = [field.attname for field in LINE_FIELDS]
    rows = ", ".join([f"({marks(names)})"] * count)
    return f"INSERT INTO {LINES} ({', '.join(names)}) VALUES {rows} RETURNING id"
