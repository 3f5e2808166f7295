"""Delete old events, so that the inbox does not grow forever. Orders, refunds and fulfillments stay."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from app.payments.models import StripeEvent

BATCH = 1000  # events per statement, so that no lock is held for long


def prune_events(older_than: timedelta | None = None) -> int:
    """Delete the events received before KEEP_EVENTS_DAYS (or `older_than`) ago; return how many.

    Events without an order are deleted after KEEP_PERSONAL_DATA_DAYS, if that is earlier. Keeps failed events, and
    payments of orders that this database does not have: they need manual review.
    """
    now = timezone.now()
    due = Q(received_at__lt=now - (older_than or timedelta(days=settings.KEEP_EVENTS_DAYS)))
    if settings.KEEP_PERSONAL_DATA_DAYS:
        due |= Q(order=None, received_at__lt=now - timedelta(days=settings.KEEP_PERSONAL_DATA_DAYS))
    money = Q(outcome=StripeEvent.Outcome.FAILED) | Q(pk__in=StripeEvent.objects.lost_payments().values("pk"))
    old = StripeEvent.objects.filter(due).exclude(money)
    deleted = 0
    while batch := list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH]):
        deleted += StripeEvent.objects.filter(pk__in=batch).delete()[0]
    return deleted
