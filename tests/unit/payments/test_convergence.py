"""Whatever arrives, in whatever order, lists and number, ends in the same order; and no step goes backwards."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.payments import outbox, review
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.facts import DELIVERABLE
from app.payments.models import Fulfillment, Order, StripeEvent
from app.payments.settle import replay, settle
from app.payments.stripe.events import read_event
from tests.unit.payments.histories import (
    DECLINED,
    EXPIRED,
    FAILED,
    PAID,
    SECOND_LIVES,
    SESSION,
    SUCCEEDED,
    UNPAID,
    Step,
    dispute,
    histories,
    misfits,
    refund,
    step,
)

pytestmark = pytest.mark.django_db

Arrival = tuple[int, Step]
# How far along a status is, as a buyer sees it. Disputes come and go, so they are not ranked.
PROGRESS = {"pending": 0, "processing": 1, "expired": 2, "failed": 2, "canceled": 2}
PROGRESS |= dict.fromkeys(["paid", "partially_refunded", "refunded", "disputed"], 3) | {"needs_review": 4}
# What is of one run, not of the order.
OF_THE_RUN = {"id", "version", "created_at", "updated_at", "paid_at", "return_url", "lines"}

many = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def new_order() -> Iterator[Order]:
    """A pending order with a Checkout Session; afterwards everything is undone."""
    mail.outbox.clear()
    with transaction.atomic():
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        yield order
        transaction.set_rollback(True)


def tell(order: Order, arrivals: Sequence[Arrival]) -> None:
    """Settle the events as one list."""
    events = [arrival.event(order.pk, number) for number, arrival in arrivals]
    settled = settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK) for event in events])
    assert [each.event.id for each in settled] == [event["id"] for event in events]
    assert not [each.error for each in settled if each.error]


def deliver(order: Order, lists: Sequence[Sequence[Arrival]], *, reached: int = 0) -> dict[str, Any]:
    """Settle the lists, of which none takes the order behind what it has `reached`; what it has become, once the
    worker has had its turn."""
    paid = False
    for arrivals in lists:
        tell(order, arrivals)
        order.refresh_from_db()
        assert PROGRESS[order.status] >= reached, f"{order.status} after something further along"
        assert order.paid_at or not paid
        reached, paid = PROGRESS[order.status], bool(order.paid_at)
    outbox.process_due()
    order.refresh_from_db()
    delivered = Fulfillment.objects.filter(order=order, status="done").exists()
    assert delivered or order.status not in DELIVERABLE
    assert len(mail.outbox) == delivered
    final = {name: value for name, value in vars(order).items() if name not in OF_THE_RUN | {"_state"}}
    in_review = order.status == "needs_review"  # then it counts as paid only if it did before
    return final | {"was paid": bool(order.paid_at) or in_review, "delivered": delivered}


def one_by_one(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    return [[arrival] for arrival in arrivals]


def outcome_of(lists: Sequence[Sequence[Arrival]]) -> dict[str, Any]:
    """What a new order becomes by these events."""
    with new_order() as order:
        return deliver(order, lists)


@st.composite
def in_lists(draw: st.DrawFn, arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """The arrivals, in their order, as lists of any lengths."""
    cuts = sorted(draw(st.sets(st.integers(1, max(len(arrivals) - 1, 1)))))
    return [list(arrivals[start:end]) for start, end in zip([0, *cuts], [*cuts, len(arrivals)], strict=True)]


@many
@given(history=histories(), data=st.data())
def test_every_order_grouping_and_number_of_deliveries_ends_in_the_same_state(
    history: list[Step], data: st.DataObject
) -> None:
    assume(history)
    told = list(enumerate(history))
    duplicates = data.draw(st.lists(st.sampled_from(told), max_size=4))
    shuffled = data.draw(st.permutations(told + duplicates))
    assert outcome_of(data.draw(in_lists(shuffled))) == outcome_of(one_by_one(told))


@many
@given(history=histories(), data=st.data())
def test_a_part_that_is_heard_and_a_catch_up_over_all_end_in_the_same_state(
    history: list[Step], data: st.DataObject
) -> None:
    assume(history)
    told = list(enumerate(history))
    heard = told[: data.draw(st.integers(0, len(told)))]
    caught_up = data.draw(in_lists(list(reversed(told))))  # Stripe lists the newest first
    assert outcome_of(one_by_one(heard) + caught_up) == outcome_of(one_by_one(told))


@many
@given(history=histories(), data=st.data())
def test_a_replay_of_what_is_kept_changes_nothing(history: list[Step], data: st.DataObject) -> None:
    with new_order() as order:
        before = deliver(order, one_by_one(list(enumerate(history))))
        kept = list(StripeEvent.objects.order_by("pk"))
        replay(data.draw(st.permutations(kept)) if kept else [])
        assert deliver(order, []) == before


@many
@given(history=histories(misfits, st.just([])), data=st.data())
def test_what_a_person_has_accepted_stays_so_whatever_of_it_arrives_again(
    history: list[Step], data: st.DataObject
) -> None:
    told = list(enumerate(history))
    with new_order() as order:
        assert deliver(order, one_by_one(data.draw(st.permutations(told))))["status"] == "needs_review"
        review.accept(order.pk)
        accepted = deliver(order, [])
        assert accepted["delivered"] == (accepted["status"] in DELIVERABLE)
        again = deliver(order, data.draw(in_lists(data.draw(st.permutations(told + told)))), reached=PROGRESS["paid"])
        assert again == accepted
        # What nobody has looked at yet is looked at.
        assert deliver(order, [[(len(told), step(livemode=True))]])["status"] == "needs_review"


@many
@given(history=histories(), second=st.sampled_from(SECOND_LIVES), data=st.data())
@example(history=[PAID], second=SECOND_LIVES[1], data=None)
def test_nothing_of_a_second_session_is_a_fact_of_the_order(
    history: list[Step], second: list[Step], data: st.DataObject | None
) -> None:
    told = list(enumerate([*history, *second]))
    mixed = data.draw(st.permutations(told)) if data else list(reversed(told))
    with new_order() as order:
        alone = deliver(order, one_by_one(told[: len(history)]))
    with new_order() as order:
        both = deliver(order, one_by_one(mixed))
        money = [name for name in alone if name.startswith("amount_")]
        assert {name: both[name] for name in money} == {name: alone[name] for name in money}
        # A review because of the second one can be closed, and then the order is what it would be without.
        if both["status"] == "needs_review" and alone["status"] != "needs_review" and order.is_paid:
            review.accept(order.pk)
            assert deliver(order, [])["status"] == alone["status"]


def test_a_paid_order_is_delivered_once_and_an_unpaid_one_never() -> None:
    assert outcome_of([[(0, PAID), (0, PAID)], [(1, SUCCEEDED)]])["delivered"]
    for unpaid in ([UNPAID, FAILED], [EXPIRED], [DECLINED], [UNPAID]):
        assert not outcome_of(one_by_one(list(enumerate(unpaid))))["delivered"]


def test_an_order_that_was_refunded_before_its_payment_was_heard_of_is_not_delivered() -> None:
    for history in (
        [refund("1", 2000, "succeeded"), PAID],
        [step("charge.refunded", amount_refunded=2000), PAID],
        [dispute("needs_response"), PAID],
    ):
        told = outcome_of(one_by_one(list(enumerate(history))))
        assert (told["status"] in ("refunded", "disputed"), told["delivered"]) == (True, False)


def test_an_order_whose_dispute_is_won_is_delivered_then() -> None:
    with new_order() as order:
        assert not deliver(order, [[(0, dispute("needs_response"))], [(1, PAID)]])["delivered"]
        assert not deliver(order, [[(2, dispute("lost"))]])["delivered"]
        assert deliver(order, [[(3, dispute("won"))]])["delivered"]
