"""Whatever arrives, in whatever order and however often, ends in the same order; and no step goes backwards."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.payments import inbox
from app.payments.checkout import place_order
from app.payments.models import Fulfilment, Order
from app.payments.schemas import CheckoutIn
from tests.payments.webhook_sender import event_for

pytestmark = pytest.mark.django_db

SESSION = "cs_test_a1"
FINAL_FIELDS = ("status", "amount_refunded", "reason_code", "facts", "stripe_payment_intent_id")
# How far along a status is, as a buyer sees it. Disputes come and go, so they are not ranked.
PROGRESS = {"pending": 0, "processing": 1, "expired": 2, "failed": 2, "canceled": 2}
PROGRESS |= dict.fromkeys(["paid", "partially_refunded", "refunded", "disputed"], 3) | {"needs_review": 4}


@dataclass(frozen=True)
class Step:
    """An event of a history: its file and the changes to its object."""

    name: str
    changes: tuple[tuple[str, Any], ...]

    def event(self, order: Order, number: int) -> dict[str, Any]:
        """The event about `order`; the number makes its id, so that a duplicate is the same event."""
        return event_for(order, self.name, **dict(self.changes), created=1_790_000_000 + number) | {
            "id": f"evt_{order.pk}_{number}"
        }


def step(name: str = "checkout.session.completed", **changes: Any) -> Step:
    return Step(name, tuple(sorted(changes.items())))


def refund(number: int, amount: int, status: str) -> Step:
    kind = "refund.failed" if status == "failed" else "refund.updated"
    return step("refund.updated", type=kind, id=f"re_{number}", amount=amount, status=status)


def dispute(status: str) -> Step:
    return step("charge.dispute.created", type="charge.dispute.updated", status=status)


DECLINED = step("payment_intent.payment_failed")
PAID = step()
UNPAID = step(payment_status="unpaid")
SUCCEEDED = step(type="checkout.session.async_payment_succeeded")
FAILED = step(type="checkout.session.async_payment_failed", payment_status="unpaid")
EXPIRED = step(type="checkout.session.expired", status="expired", payment_status="unpaid")


@st.composite
def refunds(draw: st.DrawFn) -> list[Step]:
    """The lives of none, one or two refunds."""
    steps: list[Step] = []
    for number, amount in enumerate(draw(st.sampled_from([[], [500], [2000], [500, 700], [2000, 2000]]))):
        steps.append(refund(number, amount, "pending"))
        steps += [refund(number, amount, end) for end in draw(st.sampled_from([[], ["succeeded"], ["failed"]]))]
    return steps


disputes = st.sampled_from(
    [[], ["needs_response"], ["needs_response", "won"], ["needs_response", "under_review", "lost"]]
)
endings = st.sampled_from([[PAID], [UNPAID, SUCCEEDED], [UNPAID, FAILED], [EXPIRED], [UNPAID], []])


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """What happens to one order at Stripe, in the order in which it happens."""
    declines = [DECLINED] * draw(st.integers(0, 2))
    ending = draw(endings)
    later: list[Step] = []
    if PAID in ending or SUCCEEDED in ending:
        later = draw(refunds()) + [dispute(status) for status in draw(disputes)]
    return declines + ending + later


def outcome_of(arrivals: list[tuple[int, Step]]) -> dict[str, Any]:
    """Deliver the events to a new order, undo everything, and say what the order had become."""
    with transaction.atomic():
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        _deliver(order, arrivals)
        final: dict[str, Any] = Order.objects.values(*FINAL_FIELDS).get(pk=order.pk)
        final["fulfilments"] = Fulfilment.objects.filter(order=order).count()
        transaction.set_rollback(True)
    return final


def _deliver(order: Order, arrivals: list[tuple[int, Step]]) -> None:
    reached, paid = 0, False
    for number, arrival in arrivals:
        event = arrival.event(order, number)
        inbox.receive(event, json.dumps(event))
        order.refresh_from_db()
        assert PROGRESS[order.status] >= reached, f"{order.status} after something further along"
        assert order.paid_at or not paid
        reached, paid = PROGRESS[order.status], bool(order.paid_at)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), data=st.data())
def test_every_order_and_number_of_deliveries_ends_in_the_same_state(history: list[Step], data: st.DataObject) -> None:
    assume(history)
    told = list(enumerate(history))
    duplicates = data.draw(st.lists(st.sampled_from(told), max_size=4))
    shuffled = data.draw(st.permutations(told + duplicates))
    assert outcome_of(shuffled) == outcome_of(told)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), data=st.data())
def test_a_part_that_is_heard_and_a_catch_up_over_all_end_in_the_same_state(
    history: list[Step], data: st.DataObject
) -> None:
    assume(history)
    told = list(enumerate(history))
    heard = told[: data.draw(st.integers(0, len(told)))]
    assert outcome_of(heard + list(reversed(told))) == outcome_of(told)


def test_a_paid_order_has_exactly_one_fulfilment_and_an_unpaid_one_none() -> None:
    assert outcome_of([(0, PAID), (0, PAID), (1, SUCCEEDED)])["fulfilments"] == 1
    assert outcome_of([(0, UNPAID), (1, FAILED)])["fulfilments"] == 0
