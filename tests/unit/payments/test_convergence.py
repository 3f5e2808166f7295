"""Whatever arrives, in whatever order and however often, ends in the same order; and no step goes backwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from app.payments import inbox, review
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Fulfillment, Order
from tests.unit.payments.histories import FAILED, PAID, SUCCEEDED, UNPAID, Step, histories, misfits, step

pytestmark = pytest.mark.django_db

SESSION = "cs_test_a1"
FINAL_FIELDS = ("status", "amount_refunded", "reason_code", "facts", "stripe_payment_intent_id")
# How far along a status is, as a buyer sees it. Disputes come and go, so they are not ranked.
PROGRESS = {"pending": 0, "processing": 1, "expired": 2, "failed": 2, "canceled": 2}
PROGRESS |= dict.fromkeys(["paid", "partially_refunded", "refunded", "disputed"], 3) | {"needs_review": 4}


@contextmanager
def new_order() -> Iterator[Order]:
    """A pending order with a Checkout Session; afterwards everything is undone."""
    with transaction.atomic():
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        yield order
        transaction.set_rollback(True)


def deliver(order: Order, arrivals: list[tuple[int, Step]], *, reached: int = 0) -> dict[str, Any]:
    """Deliver the events, of which none takes the order behind what it has `reached`; what it has become."""
    paid = False
    for number, arrival in arrivals:
        event = arrival.event(order.pk, SESSION, number)
        inbox.receive(event, json.dumps(event))
        order.refresh_from_db()
        assert PROGRESS[order.status] >= reached, f"{order.status} after something further along"
        assert order.paid_at or not paid
        reached, paid = PROGRESS[order.status], bool(order.paid_at)
    final: dict[str, Any] = Order.objects.values(*FINAL_FIELDS).get(pk=order.pk)
    return final | {"fulfillments": Fulfillment.objects.filter(order=order).count()}


def outcome_of(arrivals: list[tuple[int, Step]]) -> dict[str, Any]:
    """What a new order becomes by these events, without what is its own."""
    with new_order() as order:
        final = deliver(order, arrivals)
        final["stripe_payment_intent_id"] = bool(final["stripe_payment_intent_id"])
    return final


@given(history=histories(), data=st.data())
def test_every_order_and_number_of_deliveries_ends_in_the_same_state(history: list[Step], data: st.DataObject) -> None:
    assume(history)
    told = list(enumerate(history))
    duplicates = data.draw(st.lists(st.sampled_from(told), max_size=4))
    shuffled = data.draw(st.permutations(told + duplicates))
    assert outcome_of(shuffled) == outcome_of(told)


@given(history=histories(), data=st.data())
def test_a_part_that_is_heard_and_a_catch_up_over_all_end_in_the_same_state(
    history: list[Step], data: st.DataObject
) -> None:
    assume(history)
    told = list(enumerate(history))
    heard = told[: data.draw(st.integers(0, len(told)))]
    assert outcome_of(heard + list(reversed(told))) == outcome_of(told)


@given(history=histories(misfits), data=st.data())
def test_what_a_person_has_accepted_stays_so_whatever_of_it_arrives_again(
    history: list[Step], data: st.DataObject
) -> None:
    told = list(enumerate(history))
    with new_order() as order:
        assert deliver(order, data.draw(st.permutations(told)))["status"] == "needs_review"
        review.accept(order.pk)
        accepted = deliver(order, [])
        assert accepted["fulfillments"] == (accepted["status"] != "refunded")
        again = deliver(order, data.draw(st.permutations(told + told)), reached=PROGRESS["paid"])
        assert again == accepted
        # What nobody has looked at yet is looked at.
        assert deliver(order, [(len(told), step(livemode=True))])["status"] == "needs_review"


def test_a_paid_order_has_exactly_one_fulfillment_and_an_unpaid_one_none() -> None:
    assert outcome_of([(0, PAID), (0, PAID), (1, SUCCEEDED)])["fulfillments"] == 1
    assert outcome_of([(0, UNPAID), (1, FAILED)])["fulfillments"] == 0
