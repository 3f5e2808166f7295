"""Writing an order with its lines (together, so that none is ever seen without its lines), then its session."""

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.utils import timezone
from psycopg import sql

from app.payments import prepared
from app.payments.models import Order, OrderItem

# What the statement takes from the catalogue; all else of an order is known beforehand.
FROM_CATALOGUE = {"currency": "min(currency)", "amount_total": "sum(unit_amount::bigint * quantity)::bigint"}
ORDER_FIELDS = [field for field in Order._meta.concrete_fields if field.name not in FROM_CATALOGUE]
LINE_NAMES = [field.attname for field in OrderItem._meta.concrete_fields]
KEEP_SESSION = b"""
UPDATE payments_order SET stripe_session_id = $2, checkout_url = $3, updated_at = $4::timestamptz,
    reason_code = '', reason = ''
WHERE id = $1::uuid AND stripe_session_id IS NULL
"""


def write_at_once(order: Order, given: tuple[str, ...], quantities: Mapping[str, int], *, most: int) -> bool:
    """Price the order by the catalogue and insert it with its lines, `quantities` by sku, in one round trip.

    All of its fields but the `given` ones have their defaults. Returns whether that could be done. Not on SQLite, and
    not when something is not for sale, in another currency than the rest, or comes to more than `most` in minor
    units: then nothing was written. Raises like `write_order`.
    """
    if not prepared.is_possible():
        return False
    fields = _own_fields(given)
    values = [json.dumps(quantities), len(quantities), most, *(_value(order, field) for field in fields)]
    rows = prepared.fetch(_statement(given), values)
    if not rows:
        return False
    order.currency, order.amount_total = rows[0][-2], int(rows[0][-1])
    order._state.adding = False
    order.lines = [_line(order, row) for row in rows]
    return True


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


def _value(order: Order, field: "models.Field[Any, Any]") -> Any:
    value = field.pre_save(order, add=True)
    return json.dumps(value) if isinstance(field, models.JSONField) else value


def _line(order: Order, row: list[str]) -> OrderItem:
    pk, product_id, sku, name, unit_amount, quantity, *_ = row
    values = [int(pk), order.pk, int(product_id), sku, name, int(unit_amount), int(quantity)]
    return OrderItem.from_db(DEFAULT_DB_ALIAS, LINE_NAMES, values)


@lru_cache
def _own_fields(given: tuple[str, ...]) -> "list[models.Field[Any, Any]]":
    """The fields that are written for each order: those given, and those whose value is made anew."""

    def is_own(field: "models.Field[Any, Any]") -> bool:
        made_anew = field.has_default() and callable(field.default) and field.default not in (dict, list)
        return field.name in given or made_anew or bool(getattr(field, "auto_now", False))

    return [field for field in ORDER_FIELDS if is_own(field)]


@lru_cache
def _statement(given: tuple[str, ...]) -> bytes:
    """$1 quantities by sku (JSON), $2 how many of them, $3 the most in minor units; then `_own_fields`."""
    own, numbers, pristine = _own_fields(given), count(4), Order()

    def written_as(field: "models.Field[Any, Any]") -> str:
        value = f"${next(numbers)}" if field in own else sql.Literal(_value(pristine, field)).as_string()
        # Without its length: a cast to varchar(20) would cut off what is too long, an assignment refuses it.
        return f"{value}::{str(field.db_type(connection)).partition('(')[0]}"

    written = ", ".join(map(written_as, ORDER_FIELDS))
    columns = ", ".join(str(field.column) for field in ORDER_FIELDS)
    return f"""
WITH chosen AS (
    SELECT product.id, product.sku, name, unit_amount, currency, wanted.quantity::integer AS quantity, place
    FROM json_each_text($1::json) WITH ORDINALITY AS wanted (sku, quantity, place)
    JOIN payments_product AS product ON product.sku = wanted.sku AND product.active
), placed AS (
    INSERT INTO payments_order ({", ".join(FROM_CATALOGUE)}, {columns})
    SELECT {", ".join(FROM_CATALOGUE.values())}, {written} FROM chosen
    HAVING count(*) = $2::integer AND count(DISTINCT currency) = 1
        AND {FROM_CATALOGUE["amount_total"]} <= $3::bigint
    RETURNING id, currency, amount_total
)
INSERT INTO payments_orderitem (order_id, product_id, sku, name, unit_amount, quantity)
SELECT placed.id, chosen.id, sku, name, unit_amount, quantity FROM placed, chosen ORDER BY place
RETURNING id, product_id, sku, name, unit_amount, quantity,
    (SELECT currency FROM placed), (SELECT amount_total FROM placed)
""".encode()  # noqa: S608  # no values
