"""Catch up with missed events: the Stripe CLI never delivers an event twice, and laptops sleep.

A catch-up reads Stripe's events since the last one, and checks orders that have been waiting for over an hour.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from app.payments import refunds
from app.payments.models import Cursor, Order, StripeEvent
from app.payments.refresh import close_unpaid, refresh_order
from app.payments.settle import replay, settle
from app.payments.stripe import client
from app.payments.stripe.event_types import EVENT_TYPES
from app.payments.stripe.events import read_event
from app.web.problems import Problem

logger = logging.getLogger(__name__)
Outcome = StripeEvent.Outcome

EVENTS_CURSOR = "events"  # how the names of its cursors start
OVERLAP = 300  # seconds; events can become visible shortly after their `created`
HORIZON = 30 * 24 * 3600  # seconds; Stripe lists events for 30 days
SLICES = 24  # a long absence is read in this many parts; each is done even if the next one fails
MIN_SLICE = 3600  # seconds
CLOCK_ERROR = 3600  # seconds; the clock may have been this wrong when the first order was created
RECHECK = timedelta(hours=1)
# A session expires after at most a day; its event follows shortly after.
SESSION_LIFETIME = timedelta(hours=25)
BATCH = 200


@dataclass
class CaughtUp:
    """The result of one catch-up."""

    events_seen: int = 0
    events_new: int = 0
    events_replayed: int = 0
    refunds_settled: int = 0
    orders_checked: int = 0

    def __str__(self) -> str:
        return (
            f"{self.events_seen} events seen, {self.events_new} new, {self.events_replayed} replayed; "
            f"{self.refunds_settled} refunds settled; {self.orders_checked} orders checked"
        )

    @property
    def did_something(self) -> bool:
        """Return whether it changed anything."""
        return any(count for name, count in vars(self).items() if name != "events_seen")


Progress = Callable[[str], None]


def catch_up(progress: Progress = lambda line: None) -> CaughtUp:
    """Catch up once; `progress` is called with a line for each step.

    Every step runs even if another one fails. Raises Problem afterwards if Stripe could not be asked.
    """
    # First, what needs no call to Stripe.
    result = CaughtUp(events_replayed=replay_open())
    problems: list[Problem] = []
    for step in (_read_events, _settle_refunds, _check_orders):
        try:
            step(result, progress)
        except Problem as problem:
            # A permission that a restricted key lacks, or one refund that Stripe can't process, must not stop the rest.
            problems.append(problem)
    if problems:
        raise problems[0]
    return result


def _read_events(result: CaughtUp, progress: Progress) -> None:
    position = _position()
    if position is None:
        return  # there are no orders yet
    # By Stripe's clock: a cursor by ours would skip events whenever our clock is ahead.
    now = client.current_time()
    # A clock can also have been turned back: the local Stripe's, or by a change from it to Stripe.
    for start, end in _slices(min(max(position, now - HORIZON), now - OVERLAP), now):
        for page in client.list_events(EVENT_TYPES, since=start, before=end if end < now else None):
            _settle_new(page, result, progress)
        _move_cursor(end - OVERLAP)
    _close_never_started()


def _slices(since: int, now: int) -> Iterator[tuple[int, int]]:
    """Yield the time from `since` to `now` in parts, oldest first."""
    step = max(MIN_SLICE, (now - since) // SLICES)
    while since + step < now:
        yield since, since + step
        since += step
    yield since, now


def _settle_new(page: list[dict[str, Any]], result: CaughtUp, progress: Progress) -> None:
    """Settle the events of a page that were not processed before, all at once."""
    ids = [event["id"] for event in page]
    processed = StripeEvent.objects.filter(stripe_id__in=ids, processed_at__isnull=False)
    known = set(processed.values_list("stripe_id", flat=True))
    new = [event for event in page if event["id"] not in known]
    result.events_seen += len(page)
    for each in settle([read_event(event, json.dumps(event), StripeEvent.Source.CATCH_UP) for event in new]):
        if each.is_stored:
            result.events_new += 1
            progress(f"caught up with {each.event.type} {each.event.id}: {each.outcome}")


def replay_open() -> int:
    """Settle failed events again, and parked events whose order exists by now; return how many."""
    # One index lookup per open event. (`IN (SELECT …)` would read all orders, however few events wait.)
    named = Order.objects.filter(pk=OuterRef("order_reference"))
    paid_by = Order.objects.filter(stripe_payment_intent_id=OuterRef("stripe_payment_intent_id"))
    order_exists = Q(Exists(named)) | Q(~Q(stripe_payment_intent_id=""), Exists(paid_by))
    due = StripeEvent.objects.filter(Q(outcome=Outcome.FAILED) | order_exists, outcome__in=StripeEvent.OPEN)
    # Fewest attempts first, so that events that keep failing don't block the others.
    events = list(due.order_by("attempts", "pk")[:BATCH])
    replay(events)
    return len(events)


def cursor_name() -> str:
    """Return the name of this key's cursor: what one account reports while another one's key is in use is not lost."""
    key = settings.STRIPE_SECRET_KEY
    return f"{EVENTS_CURSOR}-{hashlib.sha256(key.encode()).hexdigest()[:12]}" if key else EVENTS_CURSOR


def caught_up_at(*, any_key: bool = False) -> int | None:
    """Return when events were last read with this key (or any), in seconds since the epoch; None if never."""
    cursors = Cursor.objects.filter(**{"name__startswith": EVENTS_CURSOR} if any_key else {"name": cursor_name()})
    newest = cursors.aggregate(position=Max("position"))["position"]
    return None if newest is None else newest + OVERLAP


def _position() -> int | None:
    """Return since when events may have been missed, in seconds since the epoch; None before the first order."""
    # A new key may be one of the same account.
    if before := caught_up_at() or caught_up_at(any_key=True):
        return before - OVERLAP
    oldest = Order.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return int(oldest.timestamp()) - CLOCK_ERROR if oldest else None


def _move_cursor(position: int) -> None:
    """Move the cursor, only forward: another worker may be further along."""
    _, created = Cursor.objects.get_or_create(name=cursor_name(), defaults={"position": position})
    if not created:
        Cursor.objects.filter(name=cursor_name(), position__lt=position).update(position=position)


def _close_never_started() -> None:
    """Expire the orders that never got a session. A session's expiry would have been read as an event."""
    stale = Order.objects.filter(
        status=Order.Status.PENDING, stripe_session_id=None, created_at__lt=timezone.now() - SESSION_LIFETIME
    )
    for order_id in list(stale.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        close_unpaid(order_id, code="never_started", reason="The payment page was never opened.")


def _settle_refunds(result: CaughtUp, progress: Progress) -> None:
    for refund in refunds.unanswered(BATCH):
        try:
            refunds.resolve(refund)
        except Problem as problem:
            if problem.status == 503:
                raise
            logger.warning("Refund %s was refused: %s", refund.pk, problem.detail)
        result.refunds_settled += 1
        progress(f"refund {refund.pk} is {refund.status}")


def _check_orders(result: CaughtUp, progress: Progress) -> None:
    now = timezone.now()
    waiting = Order.objects.filter(status__in=Order.WAITING, stripe_session_id__isnull=False)
    long_waiting = waiting.filter(created_at__lt=now - RECHECK).filter(
        Q(checked_at=None) | Q(checked_at__lt=now - RECHECK)
    )
    for order in list(long_waiting.order_by("created_at")[:BATCH]):
        refreshed = _check(order)
        # Only now, so that an order whose check failed comes first again.
        Order.objects.filter(pk=order.pk).update(checked_at=now)
        result.orders_checked += 1
        progress(f"order {order.pk} is {refreshed.status}")


def _check(order: Order) -> Order:
    try:
        return refresh_order(order)
    except Problem as problem:
        if problem.status == 503:
            raise
        logger.warning("Order %s could not be checked: %s", order.pk, problem.detail)
        return order
