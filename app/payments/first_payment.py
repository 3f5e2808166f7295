"""The common case in one statement: the first thing that Stripe tells of an order is that it was paid.

`inbox.receive` can do everything, in about ten statements. Here one statement of Postgres does it all or nothing:
keep the event, settle the order, queue its fulfilment. It writes only while the order is as `app.payments.checkout`
left it and the session fits it; so what is to be written is known beforehand. In every other case (another event, a
duplicate, an amount that does not fit, SQLite) nothing is written, and the inbox takes over.

It never waits for an order that somebody else is about to change, a duplicate that arrives at once for instance: other
threads' payments may be waiting for the same commit. The inbox does wait.
"""

import json
import logging
import uuid
from typing import Any

from django.db import DatabaseError
from django_tasks.base import DEFAULT_TASK_PRIORITY, DEFAULT_TASK_QUEUE_NAME, TaskResultStatus
from django_tasks_db.models import get_date_max
from psycopg import sql

from app.payments import inbox, prepared
from app.payments.database import release_connection
from app.payments.inbox import created_at
from app.payments.models import Fulfilment, Order, StripeEvent
from app.payments.outbox import LEASE, run_fulfilment
from app.payments.state import Facts
from app.payments.stripe_objects import email_of, facts_of, reference_of

logger = logging.getLogger(__name__)

EVENT_TYPE = "checkout.session.completed"
PAID = Facts(session="complete", payment="paid")

# What is written does not depend on the event: it stands in the statement, which each connection prepares once.
CONSTANTS: dict[str, Any] = {
    "facts": json.dumps(PAID.to_json()),
    "paid": Order.Status.PAID,
    "event_type": EVENT_TYPE,
    "source": StripeEvent.Source.WEBHOOK,
    "applied": StripeEvent.Outcome.APPLIED,
    "fulfilment": Fulfilment.Status.PENDING,
    "lease": LEASE.total_seconds(),
    "ready": TaskResultStatus.READY,
    "priority": DEFAULT_TASK_PRIORITY,
    "task": run_fulfilment.module_path,
    "queue": DEFAULT_TASK_QUEUE_NAME,
    "backend": run_fulfilment.backend,
    "any_time": get_date_max(),
}
# $1 order, $2 PaymentIntent, $3 session, $4 amount, $5 currency, $6 livemode; of the event $7 id, $8 payload, $9
# livemode, $10 created; $11 the buyer's e-mail address. A test holds the rows against those that inbox.receive writes.
STATEMENT = (
    sql.SQL("""
WITH paid AS (
    UPDATE payments_order SET
        facts = {facts}, status = {paid}, reason_code = '', reason = '', stripe_payment_intent_id = $2,
        customer_email = CASE customer_email WHEN '' THEN $11 ELSE customer_email END,
        paid_at = now(), updated_at = now()
    WHERE id = (SELECT id FROM payments_order WHERE id = $1::uuid FOR UPDATE SKIP LOCKED)
        AND facts = '{{}}' AND status = 'pending' AND stripe_payment_intent_id = ''
        AND stripe_session_id = $3 AND amount_total = $4::bigint AND currency = $5 AND livemode = $6::boolean
    RETURNING id
), kept AS (
    INSERT INTO payments_stripeevent (stripe_id, type, source, payload, livemode, stripe_created, received_at,
        attempts, processed_at, outcome, error, order_id, order_reference, stripe_payment_intent_id)
    SELECT $7, {event_type}, {source}, $8, $9::boolean, $10::bigint, now(),
        1, now(), {applied}, '', id, id, $2 FROM paid
), queued AS (
    INSERT INTO payments_fulfilment (order_id, status, attempts, error, created_at, next_attempt_at)
    SELECT id, {fulfilment}, 0, '', now(), now() + make_interval(secs => {lease}) FROM paid
)
INSERT INTO django_tasks_database_dbtaskresult (id, status, enqueued_at, args_kwargs, priority, task_path, worker_ids,
    queue_name, backend_name, run_after, exception_class_path, traceback)
SELECT gen_random_uuid(), {ready}, now(), jsonb_build_object('args', jsonb_build_array(id), 'kwargs', '{{}}'::jsonb),
    {priority}, {task}, '[]', {queue}, {backend}, {any_time}, '', '' FROM paid
RETURNING EXISTS (
    SELECT 1 FROM payments_stripeevent WHERE outcome = 'parked' AND order_reference = $1::uuid
    UNION ALL
    SELECT 1 FROM payments_stripeevent WHERE outcome = 'parked' AND stripe_payment_intent_id = $2
)
""")
    .format(**CONSTANTS)
    .as_bytes(None)
)


def settle(event: dict[str, Any], payload: str) -> bool:
    """Keep this verified event and settle its order, if this is the common case; otherwise do nothing."""
    values = _values(event, payload)
    if values is None or not prepared.is_possible():
        return False
    try:
        settled = prepared.fetch(STATEMENT, values)
    except (DatabaseError, ValueError) as error:
        # The event was kept before, the database was restarted, …: the inbox finds out, and says so if it can't help.
        logger.info("%s takes the long way: %s", event["id"], str(error).partition("\n")[0])
        return False
    if not settled:
        return False
    # Only now: what the log says has been committed.
    order_id, payment_intent_id = values[:2]
    logger.info("%s %s: order %s is paid", EVENT_TYPE, event["id"], order_id)
    if settled == [["t"]]:
        _match_parked(Order(pk=uuid.UUID(order_id), stripe_payment_intent_id=payment_intent_id))
    return True


def _match_parked(order: Order) -> None:
    """Process what waited for this payment. An event that is being parked at this very moment is left to the sweep."""
    try:
        inbox.match_parked(order)
    except DatabaseError as error:
        logger.warning("What waited for order %s is left to the sweep: %s", order.pk, error)
    finally:
        release_connection()  # no request of Django's will


def _values(event: dict[str, Any], payload: str) -> tuple[Any, ...] | None:
    """The statement's parameters; None when this is not the common case."""
    if event["type"] != EVENT_TYPE:
        return None
    session = event["data"]["object"]
    reference = reference_of(session)
    named = str(reference.order_id)
    if facts_of(session) != PAID or session.get("client_reference_id") != named:
        return None
    amount, currency, livemode = (session.get(name) for name in ("amount_total", "currency", "livemode"))
    if type(amount) is not int or type(currency) is not str or type(livemode) is not bool:
        return None
    of_order = (named, reference.payment_intent_id, reference.session_id, amount, currency, livemode)
    return (*of_order, event["id"], payload, event.get("livemode") is True, created_at(event), email_of(session))
