"""The inbox: every verified event is kept as it came, and processed once."""

import json
import logging
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from app.payments.event_types import EVENT_TYPES
from app.payments.models import Order, StripeEvent
from app.payments.problems import Problem
from app.payments.stripe_objects import Reference, facts_of, reference_of
from app.payments.sync import find_order, sync_order

logger = logging.getLogger(__name__)
Outcome = StripeEvent.Outcome
Source = StripeEvent.Source

BATCH = 200  # events
LOUD_FAILURES = 3  # attempts


def receive(event: dict[str, Any], payload: str, source: StripeEvent.Source = Source.WEBHOOK) -> StripeEvent:
    """Keep a verified event and process it, in one transaction; `payload` is its text as it came.

    An event that was processed before is left alone. When processing fails, the event is kept with the error and
    the error is raised again, so that whoever delivered it tries again; nothing is kept while the database is away.
    """
    try:
        with transaction.atomic():
            kept = _process(_keep(event, payload, source), event)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        with transaction.atomic():
            kept = _keep(event, payload, source)
            if not kept.processed_at:
                _finish(kept, Outcome.FAILED, error=_in_words(error))
        raise
    # Only now: what the log says has been committed.
    # Of a duplicate the order is not loaded, and a line in the log is not worth a query.
    if StripeEvent.order.is_cached(kept) and kept.order:
        logger.info("%s %s: order %s is %s", kept.type, kept.stripe_id, kept.order.pk, kept.order.status)
    return _follow_up(kept)


def replay(kept: StripeEvent) -> StripeEvent:
    """Process a kept event again, whatever became of it; harmless for one that was applied. Raises Problem when it
    fails again."""
    try:
        return _follow_up(_process_again(kept))
    except Exception as error:
        _note_failure(kept, error)
        raise Problem(500, "event_failed", f"{kept.stripe_id} failed again. {_in_words(error)}") from error


def _process_again(kept: StripeEvent) -> StripeEvent:
    with transaction.atomic():
        locked = StripeEvent.objects.select_for_update().get(pk=kept.pk)
        locked.processed_at = None
        return _process(locked, json.loads(locked.payload))


def replay_open() -> int:
    """Process again what failed, and what waited for an order that has turned up since; how many events."""
    # One look into an index for each open event. (`IN (SELECT …)` would read all orders, however few events wait.)
    named = Order.objects.filter(pk=OuterRef("order_reference"))
    paid_by = Order.objects.filter(stripe_payment_intent_id=OuterRef("stripe_payment_intent_id"))
    turned_up = Q(Exists(named)) | Q(~Q(stripe_payment_intent_id=""), Exists(paid_by))
    due = StripeEvent.objects.filter(Q(outcome=Outcome.FAILED) | turned_up, outcome__in=StripeEvent.OPEN)
    # Those that fail again and again must not keep the others waiting.
    events = list(due.order_by("attempts", "pk")[:BATCH])
    for kept in events:
        _replay_safely(kept)
    return len(events)


def _follow_up(kept: StripeEvent) -> StripeEvent:
    """Bring together what arrived at the same moment: an event of a payment and the event that told us the payment.

    Both look once they are committed, so the later one sees the other. Each in a transaction of its own: a parked
    event that fails must not undo the payment.
    """
    if kept.outcome == Outcome.PARKED and find_order(_reference_of(kept)):
        return _replay_safely(kept)
    if kept.type.startswith("checkout.session.") and kept.order:
        match_parked(kept.order)
    return kept


def match_parked(order: Order) -> None:
    """Process the events that waited for this order to turn up."""
    waiting = Q(order_reference=order.pk)
    if order.stripe_payment_intent_id:
        waiting |= Q(stripe_payment_intent_id=order.stripe_payment_intent_id)
    for kept in StripeEvent.objects.filter(waiting, outcome=Outcome.PARKED).order_by("pk"):
        _replay_safely(kept)


def _replay_safely(kept: StripeEvent) -> StripeEvent:
    try:
        return _process_again(kept)
    except Exception as error:
        # The whole story once or twice; after that it is tried every minute, for as long as it takes.
        logger.warning("Event %s failed again", kept.stripe_id, exc_info=kept.attempts < LOUD_FAILURES)
        _note_failure(kept, error)
        return kept


def _note_failure(kept: StripeEvent, error: Exception) -> None:
    StripeEvent.objects.filter(pk=kept.pk).update(error=_in_words(error), attempts=F("attempts") + 1)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _keep(event: dict[str, Any], payload: str, source: StripeEvent.Source) -> StripeEvent:
    """The event's locked row, written now if this is its first delivery."""
    reference = reference_of(event["data"]["object"])
    row = StripeEvent(
        stripe_id=event["id"],
        type=event["type"],
        source=source,
        payload=payload,
        livemode=event.get("livemode") is True,
        stripe_created=created_at(event),
        order_reference=reference.order_id,
        stripe_payment_intent_id=reference.payment_intent_id,
    )
    # Of deliveries that arrive at once one inserts; the lock makes the others wait until it is processed.
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    kept = StripeEvent.objects.select_for_update().get(stripe_id=event["id"])
    kept.attempts += 1  # `_process` writes both
    if source == Source.WEBHOOK:
        kept.source = source
    return kept


def _process(kept: StripeEvent, event: dict[str, Any]) -> StripeEvent:
    if kept.processed_at and kept.outcome != Outcome.PARKED:
        kept.save(update_fields=["attempts", "source"])
        return kept
    obj = event["data"]["object"]
    if kept.type not in EVENT_TYPES:
        return _finish(kept, Outcome.IGNORED)
    reference = reference_of(obj)
    order_id = find_order(reference)
    if order_id is None:
        return _finish(kept, Outcome.PARKED if _may_be_ours(reference) else Outcome.IGNORED)
    order = sync_order(order_id, obj, facts_of(obj, event_type=kept.type, created=kept.stripe_created))
    kept.order = order
    return _finish(kept, Outcome.APPLIED)


def _reference_of(kept: StripeEvent) -> Reference:
    return Reference(order_id=kept.order_reference, payment_intent_id=kept.stripe_payment_intent_id)


def _may_be_ours(reference: Reference) -> bool:
    return bool(reference.order_id or (reference.payment_intent_id and not reference.session_id))


def _finish(kept: StripeEvent, outcome: StripeEvent.Outcome, *, error: str = "") -> StripeEvent:
    kept.outcome, kept.error = outcome, error
    kept.processed_at = None if outcome == Outcome.FAILED else timezone.now()
    kept.save(update_fields=["attempts", "source", "outcome", "error", "processed_at", "order"])
    return kept


def created_at(event: dict[str, Any]) -> int:
    """When the event happened, in seconds since the epoch; 0 if it does not say."""
    created = event.get("created")
    return created if isinstance(created, int) and 0 <= created < 2**62 else 0
