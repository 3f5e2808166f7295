"""The few statements that settle orders: find them, and write what was decided if nobody was faster.

An order, its events and its fulfillment are written together: on Postgres by one statement, on SQLite by the same
pieces in one transaction. The pieces always come in the same order (orders, events, fulfillments), and each is fed by
what the one before returned: two writers that meet never wait for each other in a circle.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from app.payments.models import Fulfillment, Order, StripeEvent
from app.payments.stripe.events import Reference

Statement = tuple[str, list[Any]]
Row = dict[str, Any]

ORDERS, EVENTS, FULFILLMENTS = Order._meta.db_table, StripeEvent._meta.db_table, Fulfillment._meta.db_table
LOCK = f", locked AS (SELECT id FROM {ORDERS} WHERE id IN (SELECT id FROM new) ORDER BY id FOR NO KEY UPDATE)"  # noqa: S608
# A second delivery counts as one more attempt. An event that was processed stays so when it fails later.
ON_KNOWN_EVENT = f"""
ON CONFLICT (stripe_id) DO UPDATE SET
    attempts = {EVENTS}.attempts + 1, outcome = excluded.outcome, error = excluded.error,
    processed_at = excluded.processed_at, order_id = excluded.order_id,
    source = CASE excluded.source WHEN '{StripeEvent.Source.WEBHOOK}' THEN excluded.source ELSE {EVENTS}.source END
WHERE excluded.outcome <> '{StripeEvent.Outcome.FAILED}' OR {EVENTS}.processed_at IS NULL
"""
# Skipped while the money was away; it has come back.
ON_KNOWN_FULFILLMENT = f"""
ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, attempts = 0, next_attempt_at = excluded.next_attempt_at
WHERE {FULFILLMENTS}.status = '{Fulfillment.Status.SKIPPED}'
"""


@dataclass
class Write:
    """What was decided about some orders and the events that told of them."""

    orders: dict[uuid.UUID, Order] = field(default_factory=dict)  # those that change, as they shall be
    fields: set[str] = field(default_factory=set)  # of all of them, that change
    deliver: set[uuid.UUID] = field(default_factory=set)  # those whose fulfillment becomes due
    events: list[StripeEvent] = field(default_factory=list)


def find(references: Iterable[Reference]) -> list[Order]:
    """Return the orders that the references name by our id and, where that is not enough, by Stripe's ids."""
    references = list(references)
    named = {order_id for reference in references for order_id in reference.order_ids}
    found = {order.pk: order for order in Order.objects.filter(pk__in=named).order_by()} if named else {}
    # Metadata can name the wrong order, and often names none. An id of Stripe's own is always right.
    unsure = [reference for reference in references if not any(_has_its_id(o, reference) for o in found.values())]
    sessions = {reference.session_id for reference in unsure if reference.session_id}
    intents = {reference.payment_intent_id for reference in unsure if reference.payment_intent_id}
    if sessions or intents:
        wanted = Q(stripe_session_id__in=sessions) if sessions else Q()
        wanted |= Q(stripe_payment_intent_id__in=intents) if intents else Q()
        found |= {order.pk: order for order in Order.objects.filter(wanted).order_by()}
    return list(found.values())


def choose(orders: Iterable[Order], reference: Reference) -> Order | None:
    """Return the one of `orders` that the reference means: by Stripe's id if there is one, else by ours."""
    by_id = {order.pk: order for order in orders}
    for order in by_id.values():
        if _has_its_id(order, reference):
            return order
    return next((by_id[order_id] for order_id in reference.order_ids if order_id in by_id), None)


def write(decided: Write) -> set[uuid.UUID]:
    """Write all of it and return the ids of the orders that were written.

    An order that somebody else has changed since it was read stays as it is, and so do its events.
    """
    if connection.vendor == "postgresql":
        return _write_at_once(decided)
    if not decided.orders:
        return _write_piece_by_piece(decided)
    with transaction.atomic():
        return _write_piece_by_piece(decided)


def _has_its_id(order: Order, reference: Reference) -> bool:
    if reference.session_id:
        return order.stripe_session_id == reference.session_id
    return bool(reference.payment_intent_id) and order.stripe_payment_intent_id == reference.payment_intent_id


def _write_at_once(decided: Write) -> set[uuid.UUID]:
    steps, values = [], []
    if decided.orders:
        sql, given = _orders(decided)
        steps.append(f"written AS ({sql})")
        values += given
    if decided.events:
        condition = "WHERE needs IS NULL OR needs IN (SELECT id FROM written)" if decided.orders else ""
        sql, given = _events(decided, condition)
        steps.append(f"kept AS ({sql} RETURNING 1)")
        values += given
    if decided.deliver:
        condition = "JOIN written ON written.id = due.order_id"
        condition += " CROSS JOIN (SELECT count(*) FROM kept) AS kept" if decided.events else ""
        sql, given = _fulfillments(decided.deliver, condition)
        steps.append(f"queued AS ({sql} RETURNING 1)")
        values += given
    if not steps:
        return set()
    result = "SELECT id FROM written" if decided.orders else "SELECT NULL WHERE false"
    return {row[0] for row in _run((f"WITH {', '.join(steps)} {result}", values))}


def _write_piece_by_piece(decided: Write) -> set[uuid.UUID]:
    written: set[uuid.UUID] = set()
    if decided.orders:
        sql, values = _orders(decided)
        written = {uuid.UUID(str(row[0])) for row in _run((sql, values))}
    events = [event for event in decided.events if event.order_id in written or event.order_id not in decided.orders]
    if events:
        _run(_events(Write(events=events), "WHERE true"))
    if deliver := decided.deliver & written:
        _run(_fulfillments(deliver, "WHERE true"))
    return written


def _orders(decided: Write) -> Statement:
    """Update the orders whose version is the one that was read."""
    names = sorted(decided.fields)
    now = timezone.now()
    rows: list[Row] = [
        {"id": order.pk, "version": order.version, "updated_at": now, **{name: getattr(order, name) for name in names}}
        for order in decided.orders.values()
    ]
    assignments = ", ".join(f"{name} = new.{name}" for name in [*names, "updated_at"])
    values, given = _values(Order, rows)
    # In one order for everybody, so that two long lists do not wait for each other.
    lock = LOCK if len(rows) > 1 and connection.vendor == "postgresql" else ""
    sql = f"""
        WITH new ({", ".join(rows[0])}) AS ({values}){lock}
        UPDATE {ORDERS} SET {assignments}, version = {ORDERS}.version + 1
        FROM new {"JOIN locked ON locked.id = new.id" if lock else ""}
        WHERE {ORDERS}.id = new.id AND {ORDERS}.version = new.version RETURNING {ORDERS}.id
    """  # noqa: S608  # names of our own columns
    return sql, given


def _events(decided: Write, condition: str) -> Statement:
    """Keep the events; those of an order that changes only where `condition` holds, `needs` being that order's id."""
    names = [column.attname for column in StripeEvent._meta.concrete_fields if not column.primary_key]
    rows: list[Row] = [
        {name: getattr(event, name) for name in names}
        | {"needs": event.order_id if event.order_id in decided.orders else None}
        for event in decided.events
    ]
    values, given = _values(StripeEvent, rows)
    sql = f"""
        WITH told ({", ".join(rows[0])}) AS ({values})
        INSERT INTO {EVENTS} ({", ".join(names)}) SELECT {", ".join(names)} FROM told {condition} {ON_KNOWN_EVENT}
    """  # noqa: S608
    return sql, given


def _fulfillments(order_ids: set[uuid.UUID], condition: str) -> Statement:
    """Queue the orders' fulfillments."""
    rows: list[Row] = [
        {column.attname: getattr(row, column.attname) for column in Fulfillment._meta.concrete_fields}
        for row in (Fulfillment(order_id=order_id) for order_id in order_ids)
    ]
    values, given = _values(Fulfillment, rows)
    names = list(rows[0])
    sql = f"""
        WITH due ({", ".join(names)}) AS ({values})
        INSERT INTO {FULFILLMENTS} ({", ".join(names)})
        SELECT {", ".join(f"due.{name}" for name in names)} FROM due {condition} {ON_KNOWN_FULFILLMENT}
    """  # noqa: S608
    return sql, given


def _values(model: type[models.Model], rows: list[Row]) -> Statement:
    """Return a VALUES list of the rows, with each value as its column wants it."""
    columns = {column.attname: column for column in model._meta.concrete_fields} | {"needs": Order._meta.pk}
    fields = [columns[name] for name in rows[0]]
    marks = ", ".join(_mark(column) for column in fields)
    given = [
        column.get_db_prep_save(value, connection)
        for row in rows
        for column, value in zip(fields, row.values(), strict=True)
    ]
    return "VALUES " + ", ".join([f"({marks})"] * len(rows)), given


def _mark(column: Any) -> str:
    if connection.vendor != "postgresql":
        return "%s"
    # Without the length: a cast to varchar(20) would cut off what is too long, an assignment refuses it.
    return f"CAST(%s AS {column.db_type(connection).partition('(')[0]})"


def _run(statement: Statement) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return cursor.fetchall() if cursor.description else []
