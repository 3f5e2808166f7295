"""The SQL statements that settle orders: read them, and write the result unless another writer was faster.

An order, its events and its rows in the outbox are written together: on Postgres by one statement, on SQLite by the
same parts in one transaction. The parts always run in the same order (orders, events, outbox), and each uses what the
one before returned, so concurrent writers can't deadlock.

This is SQL because the ORM has no such statement, and takes longer to build a query than Postgres to run it.
"""

import json
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from app.payments.facts import Facts
from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.models.orders import MISMATCH
from app.payments.models.outbox import Task
from app.payments.stripe.events import Reference, Session
from app.web.outages import thread_connection

ORDERS, EVENTS = Order._meta.db_table, StripeEvent._meta.db_table
READ_ONLY = {"id", "version", "currency", "amount_total", "lines_open", "livemode", "erased"}
# SQLite has one writer at a time; the others sleep with growing delays. The threads of a process queue here instead.
_one_writer = threading.Lock()


@dataclass(slots=True, kw_only=True)
class OrderRow:
    """The columns of `Order` that settling reads and writes."""

    id: uuid.UUID
    version: int
    currency: str
    amount_total: int
    lines_open: bool
    livemode: bool
    status: str
    reason_code: str
    reason: str
    amount_subtotal: int
    amount_discount: int
    amount_tax: int
    amount_shipping: int
    amount_paid: int
    amount_refunded: int
    customer_email: str
    customer_phone: str
    shipping: str  # JSON
    stripe_session_id: str | None
    stripe_payment_intent_id: str
    checkout_url: str
    paid: bool = False  # column paid_at
    erased: bool = False  # column erased_at
    facts: Facts

    def adopt(self, session: Session) -> None:
        """Fill in missing values from the order's own Checkout Session."""
        if self.stripe_session_id is None:
            self.stripe_session_id, self.checkout_url = session.id, session.url
        if not self.erased:
            self.customer_email = self.customer_email or session.email
            self.customer_phone = self.customer_phone or session.phone
            self.shipping = session.shipping if self.shipping == "{}" else self.shipping

    def apply(self, facts: Facts) -> None:
        """Join `facts` to the order's and derive the other columns from them."""
        known = self.facts | facts
        if known == self.facts:
            return
        self.facts = known
        self.status = known.status(self.amount_total)
        if any(known.amounts):
            self.amount_subtotal, self.amount_discount, self.amount_tax, self.amount_shipping, _ = known.amounts
        self.amount_paid = known.amount_paid(self.amount_total)
        self.amount_refunded = known.own.amount_refunded
        self.stripe_payment_intent_id = known.intent or self.stripe_payment_intent_id
        mismatches = known.open_mismatches(self.amount_total)
        self.paid = known.is_paid and not mismatches
        if mismatches:
            self.reason_code, self.reason = MISMATCH, " ".join(sorted(mismatches))
        elif known.attempts.decline.code and not known.is_paid:
            _, self.reason_code, self.reason = known.attempts.decline
        elif known.is_paid or self.reason_code == MISMATCH:
            self.reason_code = self.reason = ""


@dataclass
class Write:
    """The rows to write: orders, their events, and the tasks that follow (columns of `Fulfillment` and `Message`)."""

    orders: dict[uuid.UUID, OrderRow] = field(default_factory=dict)  # changed orders
    columns: set[str] = field(default_factory=set)  # those that are different in one of them
    events: list[dict[str, Any]] = field(default_factory=list)  # columns of `StripeEvent`
    tasks: dict[type[Task], list[dict[str, Any]]] = field(default_factory=lambda: {Fulfillment: [], Message: []})


def find(references: Sequence[Reference]) -> list[OrderRow]:
    """Return the orders that the references name by our id and, if that is not enough, by Stripe's ids.

    A reference that names only unknown orders is left to `find_by_any_id`, after it has been parked.
    """
    named = {order_id for reference in references for order_id in reference.order_ids}
    found = {row.id: row for row in _read({"id": named})}
    # Metadata can name the wrong order, and often names none. Stripe's own ids are always right.
    unsure = [
        reference
        for reference in references
        if (not reference.order_ids or not found.keys().isdisjoint(reference.order_ids))
        and not any(_has_its_id(row, reference) for row in found.values())
    ]
    for row in _read(_stripe_ids(unsure)):
        found.setdefault(row.id, row)
    return list(found.values())


def find_by_any_id(references: Sequence[Reference]) -> list[OrderRow]:
    """Return the orders that the references name by any id, with one statement."""
    named = {order_id for reference in references for order_id in reference.order_ids}
    return _read({"id": named} | _stripe_ids(references))


def choose(orders: Iterable[OrderRow], reference: Reference) -> OrderRow | None:
    """Return the order that the reference means: by Stripe's id if possible, else by ours."""
    by_id = {order.id: order for order in orders}
    for order in by_id.values():
        if _has_its_id(order, reference):
            return order
    return next((by_id[order_id] for order_id in reference.order_ids if order_id in by_id), None)


def write(decided: Write) -> set[uuid.UUID]:
    """Write everything; return the ids of the orders that were written.

    An order that another writer has changed since it was read is not written, nor are its events.
    """
    if thread_connection().vendor == "postgresql":
        return _write_in_one_statement(decided)
    with _one_writer, transaction.atomic():
        return _write_in_steps(decided)


def parked_for(payment_intent_ids: set[str]) -> list[StripeEvent]:
    """Return the events that are parked for one of these payments."""
    condition = f"outcome = 'parked' AND stripe_payment_intent_id IN ({marks(payment_intent_ids)})"
    sql = f"SELECT id FROM {EVENTS} WHERE {condition}"
    waiting = [row[0] for row in run(sql, payment_intent_ids)]
    return list(StripeEvent.objects.filter(pk__in=waiting).order_by("pk")) if waiting else []


def _stripe_ids(references: Iterable[Reference]) -> dict[str, set[Any]]:
    """Return Stripe's ids in the references, by column; only the session's id if a reference has one."""
    return {
        "stripe_session_id": {reference.session_id for reference in references} - {""},
        "stripe_payment_intent_id": {r.payment_intent_id for r in references if not r.session_id} - {""},
    }


def _has_its_id(order: OrderRow, reference: Reference) -> bool:
    if reference.session_id:
        return order.stripe_session_id == reference.session_id
    return bool(reference.payment_intent_id) and order.stripe_payment_intent_id == reference.payment_intent_id


# Reading ------------------------------------------------------------------------------------------------------------

NAMES = tuple(column.name for column in fields(OrderRow))
# Of these columns, it only matters whether they are set.
TIMES = {"paid": "paid_at IS NOT NULL", "erased": "erased_at IS NOT NULL"}
COLUMNS = ", ".join(TIMES.get(name, name) for name in NAMES)
BOOLEANS = ("livemode", "lines_open", *TIMES)


def _read(wanted: dict[str, set[Any]]) -> list[OrderRow]:
    """Return the orders that have one of these values in one of these columns."""
    given = {column: values for column, values in wanted.items() if values}
    if not given:
        return []
    condition = " OR ".join(f"{column} IN ({marks(values)})" for column, values in given.items())
    values = [value for column in given for value in given[column]]
    return [_order(row) for row in run(f"SELECT {COLUMNS} FROM {ORDERS} WHERE {condition}", values)]


def _order(row: tuple[Any, ...]) -> OrderRow:
    """Convert a row to Python types: SQLite has no UUID, boolean or JSON type."""
    read = dict(zip(NAMES, row, strict=True))
    read["id"] = read["id"] if isinstance(read["id"], uuid.UUID) else uuid.UUID(read["id"])
    read |= {name: bool(read[name]) for name in BOOLEANS}
    read["facts"] = Facts.from_json(json.loads(read["facts"]), intent=read["stripe_payment_intent_id"])
    return OrderRow(**read)


def run(sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows."""
    db = thread_connection()
    if db.vendor != "postgresql":
        values = map(_without_types, values)
    with db.cursor() as cursor:
        cursor.execute(sql, tuple(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _without_types(value: object) -> object:
    """Return the value as Django stores it in SQLite, which has no type for UUIDs and times."""
    if isinstance(value, uuid.UUID):
        return value.hex
    return thread_connection().ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def marks(values: Iterable[Any]) -> str:
    """Return a placeholder for each value."""
    return ", ".join("%s" for _ in values)


# Writing ------------------------------------------------------------------------------------------------------------

WRITABLE = tuple(name for name in NAMES if name not in READ_ONLY)
EVENT_NAMES = [column.attname for column in StripeEvent._meta.concrete_fields if not column.primary_key]

# Locked in the same order by every writer, so that two long lists can't deadlock.
LOCK = f", locked AS (SELECT id FROM {ORDERS} WHERE id IN (SELECT id FROM new) ORDER BY id FOR NO KEY UPDATE)"
# A repeated delivery counts as another attempt. A processed event stays processed if it fails later.
ON_KNOWN_EVENT = f"""
ON CONFLICT (stripe_id) DO UPDATE SET
    attempts = {EVENTS}.attempts + 1, outcome = excluded.outcome, error = excluded.error,
    processed_at = excluded.processed_at, order_id = excluded.order_id,
    source = CASE excluded.source WHEN '{StripeEvent.Source.WEBHOOK}' THEN excluded.source ELSE {EVENTS}.source END
WHERE excluded.outcome <> '{StripeEvent.Outcome.FAILED}' OR {EVENTS}.processed_at IS NULL
"""
# It was skipped while the order was not payable, and is due again.
ON_KNOWN_TASK = f"""
ON CONFLICT ({{key}}) DO UPDATE SET status = excluded.status, attempts = 0, next_attempt_at = excluded.next_attempt_at
WHERE {{table}}.status = '{Task.Status.SKIPPED}'
"""


def changed_columns(before: OrderRow, after: OrderRow) -> set[str]:
    """Return the names of the columns to write: those that are different."""
    return {name for name in WRITABLE if getattr(before, name) != getattr(after, name)}


def _write_in_one_statement(decided: Write) -> set[uuid.UUID]:
    if not decided.orders and not decided.events:
        return set()
    columns = _columns(decided)
    # First the events that need an order: reading from `written` makes Postgres write the order first (Postgres:
    # "Data-Modifying Statements in WITH").
    in_order = sorted(decided.events, key=lambda event: event["order_id"] not in decided.orders)
    values = [*_order_values(columns, decided), *_event_values(in_order, decided)]
    tasks = [(model, due) for model, due in decided.tasks.items() if due]
    for model, due in tasks:
        values += _task_values(model, due)
    counts = tuple((model, len(due)) for model, due in tasks)
    sql = _statement(columns, len(decided.orders), len(decided.events), counts)
    return {row[0] for row in run(sql, values)}


@lru_cache(maxsize=256)
def _statement(columns: tuple[str, ...], orders: int, events: int, tasks: tuple[tuple[type[Task], int], ...]) -> str:
    """Return the Postgres statement that writes these columns of orders, and these numbers of rows."""
    steps = []
    if orders:
        steps.append(f"written AS ({_update(columns, orders, 'postgresql')})")
    if events:
        condition = "WHERE NOT of_order OR CAST(order_id AS uuid) IN (SELECT id FROM written)" if orders else ""
        steps.append(f"kept AS ({_keep(events, condition, 'postgresql')} RETURNING 1)")
    condition = "JOIN written ON written.id = due.order_id"
    condition += " CROSS JOIN (SELECT count(*) FROM kept) AS kept" if events else ""
    for number, (model, count) in enumerate(tasks):
        steps.append(f"queued_{number} AS ({_queue(model, count, condition, 'postgresql')} RETURNING 1)")
    return f"WITH {', '.join(steps)} SELECT id FROM {'written' if orders else f'{ORDERS} WHERE false'}"


def _write_in_steps(decided: Write) -> set[uuid.UUID]:
    written: set[uuid.UUID] = set()
    if decided.orders:
        columns = _columns(decided)
        sql = _update(columns, len(decided.orders), "sqlite")
        written = {uuid.UUID(row[0]) for row in run(sql, _order_values(columns, decided))}
    lost = decided.orders.keys() - written
    events = [event for event in decided.events if event["order_id"] not in lost]
    if events:
        run(_keep(len(events), "WHERE true", "sqlite"), _event_values(events, decided))
    for model, tasks in decided.tasks.items():
        if due := [task for task in tasks if task["order_id"] in written]:
            run(_queue(model, len(due), "WHERE true", "sqlite"), _task_values(model, due))
    return written


def _columns(decided: Write) -> tuple[str, ...]:
    """Return the columns that the statement gets for each order."""
    return ("id", "version", "updated_at", *(name for name in WRITABLE if name in decided.columns))


@lru_cache(maxsize=256)
def _update(columns: tuple[str, ...], count: int, vendor: str) -> str:
    """Return the statement that updates the orders whose version is still the one that was read."""
    assignments = [
        # Set once, when the order becomes paid.
        f"paid_at = CASE WHEN new.paid AND {ORDERS}.paid_at IS NULL THEN new.updated_at ELSE {ORDERS}.paid_at END"
        if name == "paid"
        else f"{name} = {_cast(Order, name, f'new.{name}', vendor)}"
        for name in columns[2:]
    ]
    lock = LOCK if count > 1 and vendor == "postgresql" else ""
    return f"""
        WITH new ({", ".join(columns)}) AS (VALUES {_rows(len(columns), count)}){lock}
        UPDATE {ORDERS} SET {", ".join(assignments)}, version = {ORDERS}.version + 1
        FROM new {"JOIN locked ON locked.id = new.id" if lock else ""}
        WHERE {ORDERS}.id = new.id AND {ORDERS}.version = new.version RETURNING {ORDERS}.id
    """


@lru_cache(maxsize=256)
def _keep(count: int, condition: str, vendor: str) -> str:
    """Return the statement that stores the events where `condition` holds; some need their order (`of_order`)."""
    return f"""
        WITH received ({", ".join(EVENT_NAMES)}, of_order) AS (VALUES {_rows(len(EVENT_NAMES) + 1, count)})
        INSERT INTO {EVENTS} ({", ".join(EVENT_NAMES)})
        SELECT {", ".join(_cast(StripeEvent, name, name, vendor) for name in EVENT_NAMES)} FROM received {condition}
        {ON_KNOWN_EVENT}
    """


@lru_cache(maxsize=256)
def _queue(model: type[Task], count: int, condition: str, vendor: str) -> str:
    """Return the statement that queues the tasks where `condition` holds."""
    names, table = _names(model), model._meta.db_table
    casts = [_cast(model, name, f"due.{name}", vendor) for name in names]
    return f"""
        WITH due ({", ".join(names)}) AS (VALUES {_rows(len(names), count)})
        INSERT INTO {table} ({", ".join(names)}) SELECT {", ".join(casts)} FROM due {condition}
        {ON_KNOWN_TASK.format(key=model._meta.pk.column, table=table)}
    """


@lru_cache(maxsize=8)
def _names(model: type[Task]) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields]


def _rows(width: int, count: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * width)})"] * count)


def _cast(model: type[models.Model], name: str, expression: str, vendor: str) -> str:
    """Return the expression cast to the column's type: in a VALUES list, Postgres treats strings as text."""
    if vendor != "postgresql":
        return expression
    # Without its length: a cast to varchar(20) would truncate long values, while an assignment rejects them.
    kind = str(_field(model, name).db_type(thread_connection())).partition("(")[0]
    return f"CAST({expression} AS {kind})"


@lru_cache(maxsize=256)
def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    return next(field for field in model._meta.concrete_fields if field.attname == name)


def _order_values(columns: tuple[str, ...], decided: Write) -> list[Any]:
    now = timezone.now()
    values: list[Any] = []
    for row in decided.orders.values():
        values += (row.id, row.version, now)
        values += (json.dumps(row.facts.to_json()) if name == "facts" else getattr(row, name) for name in columns[3:])
    return values


def _event_values(events: list[dict[str, Any]], decided: Write) -> list[Any]:
    values: list[Any] = []
    for event in events:
        values += (event[name] for name in EVENT_NAMES)
        values.append(event["order_id"] in decided.orders)
    return values


def _task_values(model: type[Task], tasks: list[dict[str, Any]]) -> list[Any]:
    now = timezone.now()
    new = {"status": Task.Status.PENDING, "attempts": 0, "error": "", "done_at": None}
    new |= {"created_at": now, "next_attempt_at": now}
    return [(new | task)[name] for task in tasks for name in _names(model)]
