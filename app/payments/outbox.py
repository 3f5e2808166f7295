"""Fulfilment that happens exactly once in effect: a row written with the payment, and a worker that works it off."""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from app.payments.fulfilment import fulfil
from app.payments.models import Fulfilment, Order

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)
# A worker that died in the middle is made up for after this long.
LEASE = timedelta(seconds=settings.FULFILMENT_LEASE)
KEEP_TASKS = timedelta(days=14)


def add(order: Order) -> None:
    """Queue the order's fulfilment; call it in the transaction that makes the order paid, which happens once."""
    Fulfilment.objects.create(order=order, next_attempt_at=timezone.now() + LEASE)
    run_fulfilment.enqueue(str(order.pk))


@task()
def run_fulfilment(order_id: str) -> str:
    """Fulfil one order, unless that is done or somebody is at it; returns the status it came to."""
    fulfilment = _claim(uuid.UUID(order_id))
    if fulfilment is None:
        return "nothing to do"
    try:
        fulfil(fulfilment.order)
    except Exception as error:
        logger.exception("Fulfilment of order %s failed (attempt %s)", order_id, fulfilment.attempts)
        return _retry_later(fulfilment, error)
    row = Fulfilment.objects.filter(pk=fulfilment.pk)
    row.update(status=Fulfilment.Status.DONE, done_at=timezone.now(), error="")
    return Fulfilment.Status.DONE


def requeue_due(limit: int = 100) -> int:
    """Queue again what is due: failed attempts whose time has come, and those of workers that died. How many."""
    due = Fulfilment.objects.filter(status=Fulfilment.Status.PENDING, next_attempt_at__lte=timezone.now())
    found = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])
    for order_id in found:
        run_fulfilment.enqueue(str(order_id))
    return len(found)


def revive(order_id: uuid.UUID) -> None:
    """Try a fulfilment that gave up once more, from the start."""
    dead = Fulfilment.objects.filter(pk=order_id, status=Fulfilment.Status.DEAD)
    with transaction.atomic():
        if dead.update(status=Fulfilment.Status.PENDING, attempts=0, next_attempt_at=timezone.now() + LEASE):
            run_fulfilment.enqueue(str(order_id))


def forget_finished_tasks(limit: int = 1000) -> None:
    """Delete what is left of tasks of long ago, also of those whose worker died: the outbox has all that matters."""
    old = DBTaskResult.objects.filter(enqueued_at__lt=timezone.now() - KEEP_TASKS).exclude(status="READY")
    DBTaskResult.objects.filter(pk__in=list(old.order_by("enqueued_at").values_list("pk", flat=True)[:limit])).delete()


def _claim(order_id: uuid.UUID) -> Fulfilment | None:
    # The row lock makes two workers take turns; the second one sees the new attempt's lease.
    with transaction.atomic():
        rows = Fulfilment.objects.select_for_update(of=("self",)).select_related("order")
        fulfilment = rows.filter(pk=order_id, status=Fulfilment.Status.PENDING).first()
        now = timezone.now()
        if fulfilment is None or (fulfilment.attempts and fulfilment.next_attempt_at > now):
            return None
        if fulfilment.attempts >= MAX_ATTEMPTS:
            # The last attempt left no word, and that many workers have died of this order.
            fulfilment.status, fulfilment.error = Fulfilment.Status.DEAD, fulfilment.error or "The worker died of it."
            fulfilment.save()
            return None
        fulfilment.attempts += 1
        fulfilment.next_attempt_at = now + LEASE
        fulfilment.save()
    return fulfilment


def _retry_later(fulfilment: Fulfilment, error: Exception) -> str:
    # Only while nobody else has taken it over meanwhile, or even done it.
    row = Fulfilment.objects.filter(pk=fulfilment.pk, status=Fulfilment.Status.PENDING, attempts=fulfilment.attempts)
    delay = min(FIRST_RETRY * 2 ** (fulfilment.attempts - 1), LONGEST_RETRY)
    status = Fulfilment.Status.DEAD if fulfilment.attempts >= MAX_ATTEMPTS else Fulfilment.Status.PENDING
    again = timezone.now() + (delay if status == Fulfilment.Status.PENDING else timedelta())
    with transaction.atomic():
        mine = row.update(status=status, next_attempt_at=again, error=f"{type(error).__name__}: {error}"[:1000])
        if mine and status == Fulfilment.Status.PENDING:
            run_fulfilment.using(run_after=again).enqueue(str(fulfilment.pk))
    return status
