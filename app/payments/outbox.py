"""The outbox: fulfill each paid order once.

A fulfillment row is written together with the payment, and the rows are the queue. A worker leases a due row and
fulfills its order; several workers share the queue. A worker that dies may have fulfilled the order already, so
`fulfill` can run again for the same order.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from app.payments.facts import DELIVERABLE
from app.payments.fulfillment import fulfill
from app.payments.models import Fulfillment, Order
from app.payments.settle import settle_parked

logger = logging.getLogger(__name__)
Status = Fulfillment.Status

MAX_ATTEMPTS = 12
FIRST_RETRY_DELAY = timedelta(seconds=5)
MAX_RETRY_DELAY = timedelta(hours=1)
# If a worker dies, another worker leases the row after this time.
LEASE = timedelta(seconds=settings.FULFILLMENT_LEASE)


def process_due() -> int:
    """Process all due rows; return how many."""
    count = 0
    while process_one():
        count += 1
    return count


def process_one(starting: Callable[[], None] = lambda: None) -> bool:
    """Fulfill the order that has been due longest; return whether there was one. Calls `starting` before it does."""
    fulfillment = _lease()
    if fulfillment is None:
        return False
    if fulfillment.status == Status.PENDING:
        if _is_still_due(fulfillment.order):
            starting()
            _attempt(fulfillment)
        else:
            _release(fulfillment)
    return True


def requeue(order_id: uuid.UUID) -> None:
    """Retry a dead letter, with all its attempts again."""
    dead = Fulfillment.objects.filter(pk=order_id, status=Status.DEAD)
    dead.update(status=Status.PENDING, attempts=0, next_attempt_at=timezone.now())


def _lease() -> Fulfillment | None:
    """Lease a due row, if there is one; other workers skip it until the lease ends."""
    due = Fulfillment.objects.filter(status=Status.PENDING, next_attempt_at__lte=timezone.now())
    if not due.exists():
        return None  # without a write: on SQLite a transaction takes the only write lock
    with transaction.atomic():
        # Read the order after locking the row: a concurrent writer that makes it paid again waits for this row, then
        # finds it skipped. One statement for both could see the order's old status.
        rows = due.select_for_update(skip_locked=True) if _has_row_locks() else due
        fulfillment = rows.order_by("next_attempt_at").first()
        if fulfillment is None:
            return None
        fulfillment.next_attempt_at = timezone.now() + LEASE
        if fulfillment.attempts >= MAX_ATTEMPTS:
            # No attempt has finished: each time, the worker died.
            fulfillment.status = Status.DEAD
            fulfillment.error = fulfillment.error or "The worker died during the last attempt."
        elif fulfillment.order.status not in DELIVERABLE:
            # Refunded, disputed or sent to review in the meantime. It is queued again when the order is paid again.
            fulfillment.status, fulfillment.error = Status.SKIPPED, f"The order is {fulfillment.order.status}."
        else:
            fulfillment.attempts += 1
        fulfillment.save()
    return fulfillment


def _has_row_locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _is_still_due(order: Order) -> bool:
    """Return whether the order is still to be fulfilled, after settling events that were parked for its payment.

    The process that settled the payment may not yet have settled an earlier refund, or may have died before it could.
    Reads the order only then: whoever settles a parked event changes the order in the same transaction.
    """
    settle_parked({order.stripe_payment_intent_id} - {""})
    order.refresh_from_db()
    return order.status in DELIVERABLE


def _release(fulfillment: Fulfillment) -> None:
    """End the lease, so that the row is checked again."""
    own_lease = Fulfillment.objects.filter(pk=fulfillment.pk, status=Status.PENDING, attempts=fulfillment.attempts)
    own_lease.update(attempts=F("attempts") - 1, next_attempt_at=timezone.now())


def _attempt(fulfillment: Fulfillment) -> None:
    try:
        fulfill(fulfillment.order)
    except Exception as error:
        logger.exception("Fulfillment of order %s failed (attempt %s)", fulfillment.pk, fulfillment.attempts)
        _retry_later(fulfillment, error)
    else:
        row = Fulfillment.objects.filter(pk=fulfillment.pk)
        row.update(status=Status.DONE, done_at=timezone.now(), error="")


def _retry_later(fulfillment: Fulfillment, error: Exception) -> None:
    gave_up = fulfillment.attempts >= MAX_ATTEMPTS
    delay = min(FIRST_RETRY_DELAY * 2 ** (fulfillment.attempts - 1), MAX_RETRY_DELAY)
    # Only if no other worker has leased or finished it in the meantime.
    own_lease = Fulfillment.objects.filter(pk=fulfillment.pk, status=Status.PENDING, attempts=fulfillment.attempts)
    own_lease.update(
        status=Status.DEAD if gave_up else Status.PENDING,
        next_attempt_at=timezone.now() if gave_up else timezone.now() + delay,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
