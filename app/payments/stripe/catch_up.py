"""Catching up with what was missed: the Stripe CLI never delivers an event twice, and laptops sleep.

One sweep reads Stripe's events since the last sweep, and asks about orders that have waited for long.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
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

EVENTS_CURSOR = "events"
OVERLAP = 300  # seconds; events can become visible a little after their `created`
HORIZON = 30 * 24 * 3600  # seconds; Stripe lists events for 30 days
SLICES = 24  # a long absence is read in so many parts, each of which counts although the next one fails
SHORTEST_SLICE = 3600  # seconds
CLOCK_ERROR = 3600  # seconds; how wrong the clock may have been that dated our first order
RECHECK = timedelta(hours=1)
# A session lives for a day at most; what it came to is known a little later.
SESSION_LIFETIME = timedelta(hours=25)
BATCH = 200


@dataclass
class Sweep:
    """What one sweep came to."""

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
        """Whether anything had been missed."""
        return any(count for name, count in vars(self).items() if name != "events_seen")


Progress = Callable[[str], None]


def catch_up(progress: Progress = lambda line: None) -> Sweep:
    """One sweep; `progress` is called with a line for each step. Raises Problem when Stripe can't be asked, after
    having done what could be done."""
    # First what needs no Stripe.
    sweep = Sweep(events_replayed=replay_open())
    problems: list[Problem] = []
    for step in (_read_events, _settle_refunds, _check_orders):
        try:
            step(sweep, progress)
        except Problem as problem:
            # A right that a restricted key lacks, or one refund that Stripe chokes on, must not stop all the rest.
            problems.append(problem)
    if problems:
        raise problems[0]
    return sweep


def _read_events(sweep: Sweep, progress: Progress) -> None:
    position = _position()
    if position is None:
        return  # nothing was ever sold
    # By Stripe's clock. A cursor by ours would skip events whenever it is ahead.
    now = client.current_time()
    for start, end in _slices(max(position, now - HORIZON), now):
        for page in client.list_events(EVENT_TYPES, since=start, before=end if end < now else None):
            _settle_new(page, sweep, progress)
        _move_cursor(end - OVERLAP)
    _close_never_started()


def _slices(since: int, now: int) -> Iterator[tuple[int, int]]:
    """The time from `since` to `now` in parts, oldest first."""
    step = max(SHORTEST_SLICE, (now - since) // SLICES)
    while since + step < now:
        yield since, since + step
        since += step
    yield since, now


def _settle_new(page: list[dict[str, Any]], sweep: Sweep, progress: Progress) -> None:
    """Settle the events of a page that were not processed before, together."""
    ids = [event["id"] for event in page]
    processed = StripeEvent.objects.filter(stripe_id__in=ids, processed_at__isnull=False)
    known = set(processed.values_list("stripe_id", flat=True))
    new = [event for event in page if event["id"] not in known]
    sweep.events_seen += len(page)
    for each in settle([read_event(event, json.dumps(event), StripeEvent.Source.CATCH_UP) for event in new]):
        if each.is_kept:
            sweep.events_new += 1
            progress(f"caught up with {each.event.type} {each.event.id}: {each.outcome}")


def replay_open() -> int:
    """Settle again what failed, and what waited for an order that has turned up since; how many events."""
    # One look into an index for each open event. (`IN (SELECT …)` would read all orders, however few events wait.)
    named = Order.objects.filter(pk=OuterRef("order_reference"))
    paid_by = Order.objects.filter(stripe_payment_intent_id=OuterRef("stripe_payment_intent_id"))
    turned_up = Q(Exists(named)) | Q(~Q(stripe_payment_intent_id=""), Exists(paid_by))
    due = StripeEvent.objects.filter(Q(outcome=Outcome.FAILED) | turned_up, outcome__in=StripeEvent.OPEN)
    # Those that fail again and again must not keep the others waiting.
    events = list(due.order_by("attempts", "pk")[:BATCH])
    replay(events)
    return len(events)


def _position() -> int | None:
    """From when on events may have been missed, in seconds since the epoch; None before the first order."""
    cursor = Cursor.objects.filter(name=EVENTS_CURSOR).first()
    if cursor:
        return cursor.position
    oldest = Order.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return int(oldest.timestamp()) - CLOCK_ERROR if oldest else None


def _move_cursor(position: int) -> None:
    """Forwards only: another worker may be further."""
    _, created = Cursor.objects.get_or_create(name=EVENTS_CURSOR, defaults={"position": position})
    if not created:
        Cursor.objects.filter(name=EVENTS_CURSOR, position__lt=position).update(position=position)


def _close_never_started() -> None:
    """Expire the orders that no session was opened for. Had there been one, its own expiry would have been read."""
    stale = Order.objects.filter(
        status=Order.Status.PENDING, stripe_session_id=None, created_at__lt=timezone.now() - SESSION_LIFETIME
    )
    for order_id in list(stale.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        close_unpaid(order_id, code="never_started", reason="The payment page was never opened.")


def _settle_refunds(sweep: Sweep, progress: Progress) -> None:
    for refund in refunds.without_answer(BATCH):
        try:
            refunds.ask_about(refund)
        except Problem as problem:
            if problem.status == 503:
                raise
            logger.warning("Refund %s was refused: %s", refund.pk, problem.detail)
        sweep.refunds_settled += 1
        progress(f"refund {refund.pk} is {refund.status}")


def _check_orders(sweep: Sweep, progress: Progress) -> None:
    now = timezone.now()
    waiting = Order.objects.filter(status__in=Order.WAITING, stripe_session_id__isnull=False)
    long_waiting = waiting.filter(created_at__lt=now - RECHECK).filter(
        Q(checked_at=None) | Q(checked_at__lt=now - RECHECK)
    )
    for order in list(long_waiting.order_by("created_at")[:BATCH]):
        refreshed = _check(order)
        # Only now: an order that Stripe could not be asked about is next again.
        Order.objects.filter(pk=order.pk).update(checked_at=now)
        sweep.orders_checked += 1
        progress(f"order {order.pk} is {refreshed.status}")


def _check(order: Order) -> Order:
    try:
        return refresh_order(order)
    except Problem as problem:
        if problem.status == 503:
            raise
        logger.warning("Order %s could not be checked: %s", order.pk, problem.detail)
        missing = problem.extra.get("stripe_code") == "resource_missing"
        if missing and timezone.now() - order.created_at > SESSION_LIFETIME:
            return close_unpaid(
                order.pk, code="session_missing", reason="Stripe does not know its Checkout Session (another account?)."
            )
        return order
