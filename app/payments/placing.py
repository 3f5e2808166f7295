"""Writing an order with its lines (together, so that none is ever seen without its lines), then its session."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.utils import timezone
from psycopg import sql

from app.payments import prepared
from app.payments.models import Order, OrderItem

# What the statement takes from the catalogue; all else of an order is known beforehand.
FROM_CATALOGUE = {"currency": "min(currency)", "amount_total": "sum(unit_amount::bigint * quantity)::bigint"}
ORDER_FIELDS = Order._meta.concrete_fields
ORDER_NAMES = [field.attname for field in ORDER_FIELDS]
JSON_NAMES = {field.attname for field in ORDER_FIELDS if isinstance(field, models.JSONField)}
LINE_NAMES = [field.attname for field in OrderItem._meta.concrete_fields]
KEEP_SESSION = b"""
UPDATE payments_order SET stripe_session_id = $2, checkout_url = $3, updated_at = $4::timestamptz,
    reason_code = '', reason = ''
WHERE id = $1::uuid AND stripe_session_id IS NULL
"""


def write_at_once(given: dict[str, Any], quantities: Mapping[str, int], *, most: int) -> Order | None:
    """Price an order by the catalogue and insert it with its lines, `quantities` by sku, in one round trip.

    `given` are its fields that differ from their defaults. Returns None when that could not be done: on SQLite, and
    when something is not for sale, in another currency than the rest, or comes to more than `most` in minor units.
    Then nothing was written. Raises like `write_order`.
    """
    if not prepared.is_possible():
        return None
    own = {name: make() for name, make in _made_anew().items()} | given
    values = [json.dumps(value) if name in JSON_NAMES else value for name, value in own.items()]
    rows = prepared.fetch(_statement(tuple(own)), [json.dumps(quantities), len(quantities), most, *values])
    if not rows:
        return None
    *_, currency, total = rows[0]
    known = _defaults() | own | {"currency": currency, "amount_total": int(total)}
    # `Order(…)` would ask every field for its default once more.
    order = Order.from_db(DEFAULT_DB_ALIAS, ORDER_NAMES, [known[name] for name in ORDER_NAMES])
    order.lines = [_line(order, row) for row in rows]
    return order


def write_order(order: Order, lines: list[OrderItem]) -> None:
    """Insert both. Raises IntegrityError when the order's idempotency key is taken; then nothing was written."""
    for line in lines:
        line.order = order
    with transaction.atomic():
        order.save(force_insert=True)
        OrderItem.objects.bulk_create(lines)
    order.lines = lines


def keep_session(order: Order, session_id: str, url: str) -> bool:
    """Give the order its Checkout Session, unless it has got one meanwhile; whether it did."""
    order.stripe_session_id, order.checkout_url, order.updated_at = session_id, url, timezone.now()
    order.reason_code = order.reason = ""
    if prepared.is_possible():
        return prepared.execute(KEEP_SESSION, [order.pk, session_id, url, order.updated_at]) == 1
    changed = ("stripe_session_id", "checkout_url", "updated_at", "reason_code", "reason")
    mine = Order.objects.filter(pk=order.pk, stripe_session_id=None)
    return mine.update(**{name: getattr(order, name) for name in changed}) == 1


def _line(order: Order, row: list[str]) -> OrderItem:
    pk, product_id, sku, name, unit_amount, quantity, *_ = row
    values = [int(pk), order.pk, int(product_id), sku, name, int(unit_amount), int(quantity)]
    return OrderItem.from_db(DEFAULT_DB_ALIAS, LINE_NAMES, values)


@cache
def _made_anew() -> dict[str, Callable[[], Any]]:
    """What makes the values that no two orders have in common."""
    made = {field.attname: field.default for field in ORDER_FIELDS if field.has_default() and callable(field.default)}
    now = {field.attname: timezone.now for field in ORDER_FIELDS if getattr(field, "auto_now", False)}
    return made | now


@cache
def _defaults() -> dict[str, Any]:
    """All other values, as long as nothing else is given."""
    pristine = Order()
    return {name: getattr(pristine, name) for name in ORDER_NAMES if name not in _made_anew()}


@cache
def _statement(own: tuple[str, ...]) -> bytes:
    """$1 quantities by sku (JSON), $2 how many of them, $3 the most in minor units; then the fields `own`."""
    columns = {field.attname: str(field.column) for field in ORDER_FIELDS}
    # Without its length: a cast to varchar(20) would cut off what is too long, an assignment refuses it.
    kinds = {field.attname: str(field.db_type(connection)).partition("(")[0] for field in ORDER_FIELDS}
    values = {name: sql.Literal(value).as_string() for name, value in _defaults().items()}
    values |= {name: f"${number}" for number, name in enumerate(own, start=4)}
    written = {columns[name]: f"{value}::{kinds[name]}" for name, value in values.items()} | FROM_CATALOGUE
    return f"""
WITH chosen AS (
    SELECT product.id, product.sku, name, unit_amount, currency, wanted.quantity::integer AS quantity, place
    FROM json_each_text($1::json) WITH ORDINALITY AS wanted (sku, quantity, place)
    JOIN payments_product AS product ON product.sku = wanted.sku AND product.active
), placed AS (
    INSERT INTO payments_order ({", ".join(written)})
    SELECT {", ".join(written.values())} FROM chosen
    HAVING count(*) = $2::integer AND count(DISTINCT currency) = 1
        AND {FROM_CATALOGUE["amount_total"]} <= $3::bigint
    RETURNING id, currency, amount_total
)
INSERT INTO payments_orderitem (order_id, product_id, sku, name, unit_amount, quantity)
SELECT placed.id, chosen.id, sku, name, unit_amount, quantity FROM placed, chosen ORDER BY place
RETURNING id, product_id, sku, name, unit_amount, quantity,
    (SELECT currency FROM placed), (SELECT amount_total FROM placed)
""".encode()  # noqa: S608  # no values
