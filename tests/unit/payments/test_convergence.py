"""Events converge: any order, grouping and repetition ends in the same state, and no step goes backwards."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from hypothesis import HealthCheck, assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from app.payments import outbox, review
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.facts import DELIVERABLE
from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.settle import replay, settle
from app.payments.stripe.events import read_event
from tests.unit.payments.histories import (
    DECLINED,
    EXPIRED,
    FAILED,
    PAID,
    SECOND_HISTORIES,
    SESSION,
    SUCCEEDED,
    UNPAID,
    Step,
    dispute,
    histories,
    mismatches,
    refund,
    step,
)

pytestmark = pytest.mark.django_db

Arrival = tuple[int, Step]
# The progress of a status as a buyer sees it. Disputes come and go, so they are not ranked.
PROGRESS = {"pending": 0, "processing": 1, "expired": 2, "failed": 2, "canceled": 2}
PROGRESS |= dict.fromkeys(["paid", "partially_refunded", "refunded", "disputed"], 3) | {"needs_review": 4}
# Fields that differ between runs.
VOLATILE = {"id", "version", "created_at", "updated_at", "paid_at", "return_url", "lines"}

many = hypothesis_settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _another_system(settings: Settings) -> None:
    """Report changes to a system that is down."""
    settings.ORDER_WEBHOOK_URL, settings.ORDER_WEBHOOK_ALLOW_PRIVATE = "http://127.0.0.1:9/", True


@contextmanager
def new_order() -> Iterator[Order]:
    """Create a pending order with a Checkout Session; roll everything back afterwards."""
    mail.outbox.clear()
    with transaction.atomic():
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        yield order
        transaction.set_rollback(True)


def settle_batch(order: Order, arrivals: Sequence[Arrival]) -> None:
    """Settle the events as one batch."""
    events = [arrival.event(order.pk, number) for number, arrival in arrivals]
    settled = settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK) for event in events])
    assert [each.event.id for each in settled] == [event["id"] for event in events]
    assert not [each.error for each in settled if each.error]


def deliver(order: Order, batches: Sequence[Sequence[Arrival]], *, reached: int = 0) -> dict[str, Any]:
    """Settle the batches and run the worker. No batch may take the order back behind the progress it has `reached`.
    Return the order's final state."""
    paid = False
    for arrivals in batches:
        settle_batch(order, arrivals)
        order.refresh_from_db()
        assert PROGRESS[order.status] >= reached, f"{order.status} is a step back"
        assert order.paid_at or not paid
        reached, paid = PROGRESS[order.status], bool(order.paid_at)
    outbox.process_due()
    order.refresh_from_db()
    delivered = Fulfillment.objects.filter(order=order, status="done").exists()
    assert delivered or order.status not in DELIVERABLE
    assert len([each for each in mail.outbox if each.subject.startswith("Your receipt")]) == delivered
    # What another system is told adds up, however the events arrive.
    told = Counter[str]()
    for type_, amount in Message.objects.filter(order=order, channel="webhook").values_list("type", "amount"):
        told.update({type_: 1, f"{type_} amount": amount})
    assert told["order.refunded amount"] - told["order.refund_failed amount"] == order.amount_refunded
    assert told["order.disputed"] - told["order.dispute_resolved"] == order.parsed_facts.own.is_disputed
    assert delivered <= told["order.paid"] <= 1
    final = {name: value for name, value in vars(order).items() if name not in VOLATILE | {"_state"}}
    in_review = order.status == "needs_review"  # then it counts as paid only if it did before
    return final | {"was paid": bool(order.paid_at) or in_review, "delivered": delivered}


def one_by_one(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    return [[arrival] for arrival in arrivals]


def outcome_of(batches: Sequence[Sequence[Arrival]]) -> dict[str, Any]:
    """Return the state of a new order after these events."""
    with new_order() as order:
        return deliver(order, batches)


@st.composite
def in_batches(draw: st.DrawFn, arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """Split the arrivals into batches of any size, in order."""
    cuts = sorted(draw(st.sets(st.integers(1, max(len(arrivals) - 1, 1)))))
    return [list(arrivals[start:end]) for start, end in zip([0, *cuts], [*cuts, len(arrivals)], strict=True)]


@many
@given(history=histories(), data=st.data())
def test_any_order_and_grouping_ends_in_the_same_state(history: list[Step], data: st.DataObject) -> None:
    assume(history)
    arrivals = list(enumerate(history))
    duplicates = data.draw(st.lists(st.sampled_from(arrivals), max_size=4))
    shuffled = data.draw(st.permutations(arrivals + duplicates))
    assert outcome_of(data.draw(in_batches(shuffled))) == outcome_of(one_by_one(arrivals))


@many
@given(history=histories(), data=st.data())
def test_catch_up_completes_what_was_delivered(history: list[Step], data: st.DataObject) -> None:
    assume(history)
    arrivals = list(enumerate(history))
    delivered = arrivals[: data.draw(st.integers(0, len(arrivals)))]
    caught_up = data.draw(in_batches(list(reversed(arrivals))))  # Stripe batches the newest first
    assert outcome_of(one_by_one(delivered) + caught_up) == outcome_of(one_by_one(arrivals))


@many
@given(history=histories(), data=st.data())
def test_a_replay_changes_nothing(history: list[Step], data: st.DataObject) -> None:
    with new_order() as order:
        before = deliver(order, one_by_one(list(enumerate(history))))
        kept = list(StripeEvent.objects.order_by("pk"))
        replay(data.draw(st.permutations(kept)) if kept else [])
        assert deliver(order, []) == before


@many
@given(history=histories(mismatches, st.just([])), data=st.data())
def test_an_accepted_order_stays_accepted(history: list[Step], data: st.DataObject) -> None:
    arrivals = list(enumerate(history))
    with new_order() as order:
        assert deliver(order, one_by_one(data.draw(st.permutations(arrivals))))["status"] == "needs_review"
        review.accept(order.pk)
        accepted = deliver(order, [])
        assert accepted["delivered"] == (accepted["status"] in DELIVERABLE)
        again = deliver(
            order, data.draw(in_batches(data.draw(st.permutations(arrivals + arrivals)))), reached=PROGRESS["paid"]
        )
        assert again == accepted
        # A new mismatch needs a new review.
        assert deliver(order, [[(len(arrivals), step(livemode=True))]])["status"] == "needs_review"


@many
@given(history=histories(), second=st.sampled_from(SECOND_HISTORIES), data=st.data())
@example(history=[PAID], second=SECOND_HISTORIES[1], data=None)
def test_a_second_session_adds_no_facts_to_the_order(
    history: list[Step], second: list[Step], data: st.DataObject | None
) -> None:
    arrivals = list(enumerate([*history, *second]))
    mixed = data.draw(st.permutations(arrivals)) if data else list(reversed(arrivals))
    with new_order() as order:
        alone = deliver(order, one_by_one(arrivals[: len(history)]))
    with new_order() as order:
        both = deliver(order, one_by_one(mixed))
        money = [name for name in alone if name.startswith("amount_")]
        assert {name: both[name] for name in money} == {name: alone[name] for name in money}
        # After the review of the second session, the order is what it would be without that session.
        if both["status"] == "needs_review" and alone["status"] != "needs_review" and order.is_paid:
            review.accept(order.pk)
            assert deliver(order, [])["status"] == alone["status"]


def test_only_a_paid_order_is_fulfilled() -> None:
    assert outcome_of([[(0, PAID), (0, PAID)], [(1, SUCCEEDED)]])["delivered"]
    for unpaid in ([UNPAID, FAILED], [EXPIRED], [DECLINED], [UNPAID]):
        assert not outcome_of(one_by_one(list(enumerate(unpaid))))["delivered"]


def test_an_order_refunded_before_payment_is_not_fulfilled() -> None:
    for history in (
        [refund("1", 2000, "succeeded"), PAID],
        [step("charge.refunded", amount_refunded=2000), PAID],
        [dispute("needs_response"), PAID],
    ):
        arrivals = outcome_of(one_by_one(list(enumerate(history))))
        assert (arrivals["status"] in ("refunded", "disputed"), arrivals["delivered"]) == (True, False)


def test_an_order_is_fulfilled_after_its_dispute_is_won() -> None:
    with new_order() as order:
        assert not deliver(order, [[(0, dispute("needs_response"))], [(1, PAID)]])["delivered"]
        assert not deliver(order, [[(2, dispute("lost"))]])["delivered"]
        assert deliver(order, [[(3, dispute("won"))]])["delivered"]
