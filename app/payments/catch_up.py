"""Catching up with what was missed: the Stripe CLI never delivers an event twice, and laptops sleep.

One sweep reads Stripe's events since the last sweep, and asks about orders that have waited for long.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from app.payments import inbox, outbox, stripe_client
from app.payments.models import Cursor, Order, StripeEvent
from app.payments.problems import Problem
from app.payments.sync import refresh_order

logger = logging.getLogger(__name__)

EVENTS_CURSOR = "events"
OVERLAP = 300  # seconds; events can become visible a little after their `created`
HORIZON = 30 * 24 * 3600  # seconds; Stripe lists events for 30 days
RECHECK = timedelta(hours=1)
BATCH = 200


@dataclass
class Sweep:
    """What one sweep came to."""

    events_seen: int = 0
    events_new: int = 0
    events_replayed: int = 0
    orders_checked: int = 0
    fulfilments_queued: int = 0

    def __str__(self) -> str:
        return (
            f"{self.events_seen} events seen, {self.events_new} new, {self.events_replayed} replayed; "
            f"{self.orders_checked} orders checked; {self.fulfilments_queued} fulfilments queued"
        )

    @property
    def did_something(self) -> bool:
        """Whether anything had been missed."""
        return bool(self.events_new or self.events_replayed or self.orders_checked or self.fulfilments_queued)


def catch_up(progress: Callable[[str], None] = lambda line: None) -> Sweep:
    """One sweep; `progress` is called with a line for each step. Raises Problem when Stripe can't be asked."""
    sweep = Sweep(fulfilments_queued=outbox.requeue_due())
    _read_events(sweep, progress)
    sweep.events_replayed = inbox.replay_open()
    _check_orders(sweep, progress)
    return sweep


def _read_events(sweep: Sweep, progress: Callable[[str], None]) -> None:
    started = int(time.time())
    for event in stripe_client.list_events(inbox.EVENT_TYPES, since=_position(started)):
        sweep.events_seen += 1
        if StripeEvent.objects.filter(stripe_id=event["id"], processed_at__isnull=False).exists():
            continue
        _receive(event)
        sweep.events_new += 1
        progress(f"caught up with {event['type']} {event['id']}")
    # Only a sweep that read everything moves the cursor.
    Cursor.objects.update_or_create(name=EVENTS_CURSOR, defaults={"position": started - OVERLAP})


def _receive(event: dict[str, object]) -> None:
    try:
        inbox.receive(event, json.dumps(event))
    except Exception:
        # Kept as failed in the inbox; the others must not wait for it.
        logger.exception("Event %s could not be processed", event["id"])


def _position(now: int) -> int:
    cursor = Cursor.objects.filter(name=EVENTS_CURSOR).first()
    if cursor is None:
        oldest = Order.objects.order_by("created_at").values_list("created_at", flat=True).first()
        return max(int(oldest.timestamp()) if oldest else now, now - HORIZON)
    return max(cursor.position, now - HORIZON)


def _check_orders(sweep: Sweep, progress: Callable[[str], None]) -> None:
    now = timezone.now()
    waiting = Order.objects.filter(status__in=Order.WAITING, stripe_session_id__isnull=False)
    long_waiting = waiting.filter(created_at__lt=now - RECHECK).filter(
        Q(checked_at=None) | Q(checked_at__lt=now - RECHECK)
    )
    for order in list(long_waiting.order_by("created_at")[:BATCH]):
        Order.objects.filter(pk=order.pk).update(checked_at=now)
        try:
            refreshed = refresh_order(order)
        except Problem as problem:
            if problem.status == 503:
                raise
            logger.warning("Order %s could not be checked: %s", order.pk, problem.detail)
            continue
        sweep.orders_checked += 1
        progress(f"order {order.pk} is {refreshed.status}")
