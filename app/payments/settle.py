"""Settle orders: the only code that changes an order's payment status.

Webhooks, catch-up, replays, responses of Stripe's API and decisions in the admin all end here. An order is read, and
the new facts are joined to its facts in Python. The result is written only if the order has not changed in the
meantime; otherwise, the order is read again. Facts only grow, so repeating is always safe, and Python holds no lock.
"""

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import DatabaseError, OperationalError
from django.utils import timezone

from app.payments import announcements
from app.payments.facts import DELIVERABLE, Facts
from app.payments.models import Fulfillment, Message, StripeEvent
from app.payments.sql import rows
from app.payments.sql.rows import OrderRow
from app.payments.stripe.events import Event, Reference, Session, read_event
from app.payments.stripe.personal_data import without_personal_data
from app.web.installation import installation
from app.web.outages import reason_of
from app.web.problems import Problem

logger = logging.getLogger(__name__)
Outcome = StripeEvent.Outcome
Find = Callable[[Sequence[Reference]], list[OrderRow]]

MAX_RACES = 50  # lost races before giving up; in each one, another writer was faster
LOST_RACES = ("40001", "40P01")  # Postgres: serialization_failure, deadlock_detected


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of settling one event. `order` is its order's new state, if it has one."""

    event: Event
    outcome: StripeEvent.Outcome
    order: OrderRow | None = None
    learned_payment: bool = False  # the order's PaymentIntent was unknown before
    error: str = ""

    @property
    def is_stored(self) -> bool:
        """Return whether it belongs in the inbox: an event, unless its order was a doctor's check that is deleted."""
        return bool(self.event.id) and not (self.event.is_check and self.order is None)


def settle(events: Sequence[Event]) -> list[Settled]:
    """Apply the events to their orders and store them; return the results in the same order.

    An event that can't be applied is stored as failed, and the rest are applied. Raises OperationalError or
    InterfaceError while the database is unavailable; the whole list can then be retried.
    """
    settled = _settle(events)
    for each in settled:
        _log(each)
    return [*_match_parked(settled)]


def replay(kept: Sequence[StripeEvent]) -> list[Settled]:
    """Settle stored events again, whatever their outcome; harmless for those that were applied."""
    return settle([_read_again(row) for row in kept])


def replay_event(kept: StripeEvent) -> StripeEvent:
    """Settle one stored event again and return its row. Raises Problem if it fails again."""
    [settled] = replay([kept])
    kept.refresh_from_db()
    if settled.outcome == Outcome.FAILED:
        raise Problem(500, "event_failed", f"{kept.stripe_id} failed again. {settled.error}")
    return kept


def _read_again(row: StripeEvent) -> Event:
    """Read a stored event. One that can't be read becomes a failed event with its id, and does not block others."""
    try:
        event = json.loads(row.payload)
    except ValueError:
        event = None
    known = {"id": row.stripe_id, "type": row.type}
    return read_event((event if isinstance(event, dict) else {}) | known, row.payload, row.source)


def _settle(events: Sequence[Event], find: Find = rows.find) -> list[Settled]:
    try:
        return _settle_together(events, find)
    except Exception as error:
        if reason_of(error):
            raise
        if len(events) > 1:
            return [settled for event in events for settled in _settle([event], find)]
        return [_store_failed(events[0], error)]


def _settle_together(events: Sequence[Event], find: Find) -> list[Settled]:
    done: dict[int, Settled] = {}
    for _ in range(MAX_RACES):
        open_events = {number: event for number, event in enumerate(events) if number not in done}
        done |= _settle_once(open_events, find)
        if len(done) == len(events):
            return [done[number] for number in range(len(events))]
    raise DatabaseError(f"Other writers changed an order {MAX_RACES} times while it was being settled.")


def _settle_once(events: dict[int, Event], find: Find) -> dict[int, Settled]:
    """Read, decide, write; return the results of the events that were settled, by number."""
    found = find([event.reference for event in events.values() if event.is_about_orders])
    before = {order.id: replace(order) for order in found}
    settled = {number: _decide(event, found) for number, event in events.items()}
    # One row per id: Postgres can't write a row twice in one statement.
    kept = {each.event.id: _inbox_row(each) for each in settled.values() if each.is_stored}
    # The doctor's orders are deleted afterwards: nobody is told of them.
    checks = {each.order.id for each in settled.values() if each.order and each.event.is_check}
    decided = rows.Write(events=list(kept.values()))
    for order in found:
        if changed := rows.changed_columns(before[order.id], order):
            decided.orders[order.id] = order
            decided.columns |= changed
            if order.status in DELIVERABLE and before[order.id].status not in DELIVERABLE:
                decided.tasks[Fulfillment].append({"order_id": order.id})
            if order.id not in checks:
                decided.tasks[Message] += announcements.messages(before[order.id], order)
    lost = decided.orders.keys() - _write(decided)
    return {number: each for number, each in settled.items() if each.order is None or each.order.id not in lost}


def _write(decided: rows.Write) -> set[uuid.UUID]:
    try:
        return rows.write(decided)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") in LOST_RACES:
            return set()
        raise


def _decide(event: Event, orders: Sequence[OrderRow]) -> Settled:
    """Join the event's facts to its order, in memory."""
    if event.error:
        return Settled(event, Outcome.FAILED, error=event.error)
    if not event.is_about_orders:
        return Settled(event, Outcome.IGNORED)
    order = rows.choose(orders, event.reference)
    if order is None:
        return Settled(event, _without_order(event))
    intent_before = order.stripe_payment_intent_id
    if event.session is None:
        order.apply(event.facts)
    elif order.stripe_session_id in (None, event.session.id):
        order.adopt(event.session)
        order.apply(event.facts | Facts(mismatches=_mismatches(order, event.session, event.facts)))
    elif event.facts.is_paid:
        words = f"Another session, {event.session.id}, was paid for this order."
        order.apply(Facts(mismatches=frozenset({words})))
    return Settled(event, Outcome.APPLIED, order, learned_payment=order.stripe_payment_intent_id != intent_before)


def _without_order(event: Event) -> Outcome:
    if event.is_check:
        return Outcome.IGNORED
    if event.installation not in ("", installation()):
        return Outcome.FOREIGN
    return Outcome.PARKED if event.may_be_ours else Outcome.IGNORED


def _mismatches(order: OrderRow, session: Session, facts: Facts) -> frozenset[str]:
    """Return how the order's own completed session differs from the order, which sends the order to review."""
    if facts.session != "complete":
        return frozenset()
    # What the buyer may have changed is compared when the lines are read back (app.payments.stripe.lines).
    asked = facts.amounts.subtotal if order.lines_open else order.amount_total
    pairs = {
        "amount_subtotal": (facts.amounts.subtotal, asked),
        "currency": (session.currency, order.currency),
        "livemode": (session.livemode, order.livemode),
    }
    found = {
        f"Stripe's {name} is {theirs!r:.100}, the order's is {ours!r}."
        for name, (theirs, ours) in pairs.items()
        if theirs != ours
    }
    if not facts.amounts.add_up:
        parts = ", ".join(f"{name} {amount}" for name, amount in facts.amounts._asdict().items() if name != "total")
        found.add(f"Stripe's amount_total is {facts.amounts.total}, which does not follow from {parts}.")
    if session.names[0] != str(order.id):
        found.add(f"Stripe's client_reference_id is {session.names[0]!r:.100}, the order's is {str(order.id)!r}.")
    return frozenset(found)


def _inbox_row(settled: Settled) -> dict[str, Any]:
    """Return the columns of the event's row in the inbox."""
    event, order = settled.event, settled.order
    now = timezone.now()
    return {
        "stripe_id": event.id,
        "type": event.type,
        "source": event.source,
        "payload": without_personal_data(event.payload) if order and order.erased else event.payload,
        "livemode": event.livemode,
        "stripe_created": event.created,
        "received_at": now,
        "attempts": 1,
        "processed_at": None if settled.outcome == Outcome.FAILED else now,
        "outcome": settled.outcome,
        "error": settled.error,
        "paid": event.is_our_payment,
        "order_id": order.id if order else None,
        "order_reference": next(iter(event.reference.order_ids), None),
        "stripe_payment_intent_id": event.reference.payment_intent_id,
    }


def _store_failed(event: Event, error: Exception) -> Settled:
    if not event.id:
        raise error
    logger.exception("%s %s could not be applied", event.type, event.id)
    settled = Settled(event, Outcome.FAILED, error=f"{type(error).__name__}: {error}"[:1000])
    rows.write(rows.Write(events=[_inbox_row(settled)]))
    return settled


def _match_parked(settled: list[Settled]) -> list[Settled]:
    """Settle parked events whose order became known at the same moment.

    One process parks an event because it finds no order; another assigns the payment to an order and finds nothing
    parked. Each searches again after its commit, so the later one finds the other's rows.
    """
    parked = {number: each.event for number, each in enumerate(settled) if each.outcome == Outcome.PARKED}
    if parked and rows.find_by_any_id([event.reference for event in parked.values()]):
        again = _settle(list(parked.values()), rows.find_by_any_id)
        for number, each in zip(parked, again, strict=True):
            settled[number] = each
    intents = {each.order.stripe_payment_intent_id for each in settled if each.order and each.learned_payment}
    settle_parked(intents)
    return settled


def settle_parked(payment_intent_ids: set[str]) -> bool:
    """Settle the events that are parked for these payments; return whether there were any."""
    waiting = rows.parked_for(payment_intent_ids) if payment_intent_ids else []
    if waiting:
        replay(waiting)
    return bool(waiting)


def _log(settled: Settled) -> None:
    event = settled.event
    if not event.id:
        return
    if settled.order:
        logger.info("%s %s: order %s is %s", event.type, event.id, settled.order.id, settled.order.status)
    elif not settled.is_stored:
        level = logging.INFO if event.source == StripeEvent.Source.WEBHOOK else logging.DEBUG  # every catch-up reads it
        logger.log(level, "%s %s belongs to a doctor's check whose order is deleted", event.type, event.id)
    elif settled.error:
        logger.error("%s %s could not be applied: %s", event.type, event.id, settled.error)
    elif settled.outcome == Outcome.PARKED and event.is_our_payment:
        logger.warning(
            "%s %s: a payment for order %s, which this database does not have. Was an older backup restored? "
            "The event is stored, and applied once the order exists.",
            event.type,
            event.id,
            next(iter(event.reference.order_ids), "?"),
        )
    elif settled.outcome == Outcome.FOREIGN:
        level = logging.INFO if event.source == StripeEvent.Source.WEBHOOK else logging.DEBUG
        order = next(iter(event.reference.order_ids), "?")
        logger.log(level, "%s %s: order %s is of another installation", event.type, event.id, order)
