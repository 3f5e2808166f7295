"""Fulfillment that happens exactly once in effect: a row written with the payment, and workers that take rows.

The fulfillment row is the queue. A worker takes one that is due, for as long as its lease lasts; several workers share
the work.
"""

import logging
import uuid
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
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)
# A worker that died in the middle is replaced after this long.
LEASE = timedelta(seconds=settings.FULFILLMENT_LEASE)


def work_off() -> int:
    """Work off everything that is due and return how many rows that were."""
    count = 0
    while work_one():
        count += 1
    return count


def work_one() -> bool:
    """Fulfill the order that has been due for longest and return whether there was one."""
    fulfillment = _take()
    if fulfillment is None:
        return False
    if fulfillment.status == Status.PENDING:
        if _is_still_due(fulfillment.order):
            _attempt(fulfillment)
        else:
            _give_back(fulfillment)
    return True


def revive(order_id: uuid.UUID) -> None:
    """Retry a fulfillment that gave up, from the first attempt."""
    dead = Fulfillment.objects.filter(pk=order_id, status=Status.DEAD)
    dead.update(status=Status.PENDING, attempts=0, next_attempt_at=timezone.now())


def _take() -> Fulfillment | None:
    """Take the lease of one that is due, if there is one; other workers pass over the row meanwhile."""
    due = Fulfillment.objects.filter(status=Status.PENDING, next_attempt_at__lte=timezone.now())
    if not due.exists():
        return None  # without a write: on SQLite a transaction takes the only write lock
    with transaction.atomic():
        # The order is read after the row is locked: whoever makes it paid again meanwhile waits for this row, then
        # finds it skipped. One statement for both could see the order as it was before.
        rows = due.select_for_update(skip_locked=True) if _has_row_locks() else due
        fulfillment = rows.order_by("next_attempt_at").first()
        if fulfillment is None:
            return None
        fulfillment.next_attempt_at = timezone.now() + LEASE
        if fulfillment.attempts >= MAX_ATTEMPTS:
            # The last attempt never reported back, and that many workers have died of this order.
            fulfillment.status = Status.DEAD
            fulfillment.error = fulfillment.error or "The worker died during the last attempt."
        elif fulfillment.order.status not in DELIVERABLE:
            # Refunded, disputed or sent to review since. It is queued again when the order becomes paid again.
            fulfillment.status, fulfillment.error = Status.SKIPPED, f"The order is {fulfillment.order.status}."
        else:
            fulfillment.attempts += 1
        fulfillment.save()
    return fulfillment


def _has_row_locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _is_still_due(order: Order) -> bool:
    """Return whether the order is to be delivered by what is known of its payment, also when that was parked.

    Whoever told the payment may be about to settle a refund that came before it, or have died of it.
    """
    if not settle_parked(order.stripe_payment_intent_id):
        return True
    order.refresh_from_db()
    return order.status in DELIVERABLE


def _give_back(fulfillment: Fulfillment) -> None:
    """End the lease: the next look decides about the row."""
    mine = Fulfillment.objects.filter(pk=fulfillment.pk, status=Status.PENDING, attempts=fulfillment.attempts)
    mine.update(attempts=F("attempts") - 1, next_attempt_at=timezone.now())


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
    delay = min(FIRST_RETRY * 2 ** (fulfillment.attempts - 1), LONGEST_RETRY)
    # Only while nobody else has taken it over meanwhile, or even done it.
    mine = Fulfillment.objects.filter(pk=fulfillment.pk, status=Status.PENDING, attempts=fulfillment.attempts)
    mine.update(
        status=Status.DEAD if gave_up else Status.PENDING,
        next_attempt_at=timezone.now() if gave_up else timezone.now() + delay,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
