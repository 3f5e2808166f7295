"""The outbox: fulfill each paid order once, and send the messages about orders.

A row is written together with the change that it follows from, and the rows are the queue. A worker leases a due row
and does its work; several workers share the queue. A worker that dies may have done the work already, so it can be done
again for the same row.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from app.payments import emails, order_webhook
from app.payments.facts import DELIVERABLE
from app.payments.fulfillment import fulfill
from app.payments.models import Fulfillment, Message
from app.payments.settle import settle_parked
from app.payments.stripe.lines import read_back
from app.web.problems import Problem

logger = logging.getLogger(__name__)
Row = Fulfillment | Message
Queue = type[Fulfillment] | type[Message]
Status = Fulfillment.Status

QUEUES: tuple[Queue, ...] = (Fulfillment, Message)
MAX_ATTEMPTS = 12
FIRST_RETRY_DELAY = timedelta(seconds=5)
MAX_RETRY_DELAY = timedelta(hours=1)
# If a worker dies, another worker leases the row after this time.
LEASE = timedelta(seconds=settings.FULFILLMENT_LEASE)
# The shortest time between two emails about dead letters: while a receiver is down, there are many.
REPORT_INTERVAL = timedelta(hours=1)


def process_due() -> int:
    """Process all due rows; return how many."""
    count = 0
    while any(process_one(queue) for queue in QUEUES):
        count += 1
    return count


def process_one(queue: Queue = Fulfillment, starting: Callable[[], None] = lambda: None) -> bool:
    """Process the row that is next in the queue; return whether there was one. Calls `starting` before the work."""
    row = _lease(queue)
    if row is None:
        return False
    if row.status == Status.DEAD:
        _report_dead_letter(row)
    elif row.status == Status.PENDING:
        try:
            due = _is_still_due(row)
        except Problem as problem:
            logger.warning("The lines of order %s could not be read back: %s", row.order_id, problem.detail)
            _retry_later(row, problem)
            return True
        if due:
            starting()
            _attempt(row)
        else:
            _release(row)
    return True


def requeue(row_id: uuid.UUID, queue: Queue = Fulfillment) -> None:
    """Repeat a row's work, with all its attempts again: a dead letter, or a message that was delivered."""
    rows = queue.objects.filter(pk=row_id, status__in=queue.REPEATABLE)
    rows.update(status=Status.PENDING, attempts=0, next_attempt_at=timezone.now())


def _lease(queue: Queue) -> Row | None:
    """Lease a due row, if there is one; other workers skip it until the lease ends."""
    due = queue.objects.filter(status=Status.PENDING, next_attempt_at__lte=timezone.now())
    if not due.exists():
        return None  # without a write: on SQLite a transaction takes the only write lock
    with transaction.atomic():
        # Read the order after locking the row: a concurrent writer that makes it paid again waits for this row, then
        # finds it skipped. One statement for both could see the order's old status.
        rows = due.select_for_update(skip_locked=True) if _has_row_locks() else due
        row: Row | None = rows.order_by(*queue.QUEUE_ORDER).first()
        if row is None:
            return None
        row.next_attempt_at = timezone.now() + LEASE
        if row.attempts >= MAX_ATTEMPTS:
            # No attempt has finished: each time, the worker died.
            row.status = Status.DEAD
            row.error = row.error or "The worker died during the last attempt."
        elif row.needs_deliverable_order and row.order.status not in DELIVERABLE:
            # Refunded, disputed or sent to review in the meantime. It is queued again when the order is paid again.
            row.status, row.error = Status.SKIPPED, f"The order is {row.order.status}."
        else:
            row.attempts += 1
        row.save()
    return row


def _has_row_locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _is_still_due(row: Row) -> bool:
    """Return whether the row's work is still to be done, with the lines that were bought; raises Problem (`read_back`).

    Settles events that were parked for its payment: the process that settled the payment may not yet have settled an
    earlier refund, or may have died before it could. Reads the order only then: whoever settles a parked event changes
    the order in the same transaction.
    """
    order = row.order
    if row.has_lines and order.is_paid:
        read_back(order)
    if not row.needs_deliverable_order:
        return True
    settle_parked({order.stripe_payment_intent_id} - {""})
    order.refresh_from_db()
    return order.status in DELIVERABLE


def _own_lease(row: Row) -> QuerySet[Any]:
    """Return the row, unless another worker has leased or finished it in the meantime."""
    return type(row).objects.filter(pk=row.pk, status=Status.PENDING, attempts=row.attempts)


def _release(row: Row) -> None:
    """End the lease, so that the row is checked again."""
    _own_lease(row).update(attempts=F("attempts") - 1, next_attempt_at=timezone.now())


def _attempt(row: Row) -> None:
    try:
        if isinstance(row, Fulfillment):
            fulfill(row.order)
        elif row.channel == Message.Channel.WEBHOOK:
            order_webhook.call(row)
        else:
            emails.send(row)
    except Exception as error:
        # A receiver that is down is no bug of ours: one line, not a traceback.
        traceback = isinstance(row, Fulfillment) or not isinstance(error, OSError)
        logger.error("%s failed (attempt %s): %s", _describe(row), row.attempts, error, exc_info=traceback)
        _retry_later(row, error)
    else:
        type(row).objects.filter(pk=row.pk).update(status=Status.DONE, done_at=timezone.now(), error="")


def _describe(row: Row) -> str:
    return f"Fulfillment of order {row.pk}" if isinstance(row, Fulfillment) else f"{row} {row.order_id}"


def _retry_later(row: Row, error: Exception) -> None:
    gave_up = row.attempts >= MAX_ATTEMPTS
    delay = min(FIRST_RETRY_DELAY * 2 ** (row.attempts - 1), MAX_RETRY_DELAY)
    changed = _own_lease(row).update(
        status=Status.DEAD if gave_up else Status.PENDING,
        next_attempt_at=timezone.now() if gave_up else timezone.now() + delay,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
    if gave_up and changed:
        _report_dead_letter(row)


def _report_dead_letter(row: Row) -> None:
    """Queue an email to the shop that lists all dead letters, unless one is queued, or this row is one itself."""
    if isinstance(row, Message) and row.channel == Message.Channel.SELLER:
        return
    reports = Message.objects.filter(type=Message.Type.DEAD_LETTERS)
    if reports.filter(status=Status.PENDING, attempts=0).exists():  # one that is being sent may not list this row
        return
    last = reports.filter(done_at__gt=timezone.now() - REPORT_INTERVAL).first()
    Message.objects.create(
        id=uuid.uuid4(),
        order_id=row.order_id,
        channel=Message.Channel.SELLER,
        type=Message.Type.DEAD_LETTERS,
        next_attempt_at=last.done_at + REPORT_INTERVAL if last and last.done_at else timezone.now(),
    )
