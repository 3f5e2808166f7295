"""Everybody who brings news meets on one order, and is interrupted between any two statements: nothing is lost."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from app.payments import outbox, review
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Fulfillment, Order, StripeEvent
from app.payments.refunds import refund_order
from app.payments.settle import replay, settle
from app.payments.stripe.catch_up import catch_up, replay_open
from app.payments.stripe.events import read_event, read_object
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.histories import DECLINED, PAID, SESSION, Step, dispute, refund, step, total
from tests.unit.payments.orders import pay_new_order
from tests.unit.payments.schedule import Schedule, aside, shared_database

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = range(6)
REFUNDED = refund("1", 500, "succeeded")
STORY = [DECLINED, PAID, REFUNDED, dispute("needs_response"), dispute("won")]


@pytest.fixture(autouse=True)
def _shared(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


def by_chance(seed: int) -> Schedule:
    return Schedule(random.Random(seed).choice)


def interrupted(name: str, after: int) -> Schedule:
    """`name` is stopped after so many statements until everybody else is done."""
    left = iter(range(after))

    def choose(ready: list[str]) -> str:
        others = [each for each in ready if each != name]
        if name in ready and next(left, None) is not None:
            return name
        return others[0] if others else name

    return Schedule(choose)


def new_order() -> Order:
    def place() -> Order:
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        return order

    return aside(place)


def tell(order: Order, *numbers: int, story: list[Step] = STORY) -> None:
    """Settle these events of the story, as one list."""
    events = [story[number].event(order.pk, number) for number in numbers]
    settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK) for event in events])


def telling(order: Order, *numbers: int, story: list[Step] = STORY) -> Callable[[], None]:
    return lambda: tell(order, *numbers, story=story)


def state(order: Order) -> dict[str, Any]:
    """What the order has come to, with what is left open of its events and how often it is delivered."""

    def look() -> dict[str, Any]:
        while outbox.process_one():
            pass
        now = Order.objects.get(pk=order.pk)
        events = StripeEvent.objects.exclude(outcome="applied")
        return {
            "status": now.status,
            "facts": now.facts,
            "refunded": now.amount_refunded,
            "open": list(events.values_list("stripe_id", "outcome", "error")),
            "fulfillments": list(Fulfillment.objects.filter(order=order).values_list("status", flat=True)),
            "receipts": len(mail.outbox),
        }

    return aside(look)


def undisturbed(numbers: list[int], story: list[Step] = STORY) -> dict[str, Any]:
    """What the story comes to when nobody else is there."""
    order = new_order()
    aside(telling(order, *numbers, story=story))
    told = state(order)
    mail.outbox.clear()

    def forget() -> None:
        StripeEvent.objects.all().delete()
        Fulfillment.objects.all().delete()
        Order.objects.filter(pk=order.pk).update(stripe_session_id=None, stripe_payment_intent_id="")

    aside(forget)
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_webhook_sweep_replay_and_status_check_meet(seed: int) -> None:
    expected = undisturbed([0, 1, 2, 3, 4])
    order = new_order()
    session = PAID.event(order.pk, 0)["data"]["object"]
    schedule = by_chance(seed)
    schedule.run(
        webhook=telling(order, 1),
        second_webhook=telling(order, 2),
        sweep=telling(order, 4, 3, 2, 1, 0),
        replay=lambda: replay(list(StripeEvent.objects.order_by("-pk"))),
        open_replay=replay_open,
        status_check=lambda: settle([read_object(session)]),
    )
    assert state(order) == expected
    assert schedule.deadlocks == 0


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("late", ["refund", "payment"])
def test_a_refund_and_the_payment_that_it_waits_for_find_each_other(late: str, after: int) -> None:
    expected = undisturbed([1, 2])
    order = new_order()
    # No sweep comes to help.
    interrupted(late, after).run(refund=telling(order, 2), payment=telling(order, 1))
    assert state(order) == expected


@pytest.mark.parametrize("after", range(6))
def test_an_order_that_learns_its_payment_from_an_answer_of_stripes_finds_what_was_parked(after: int) -> None:
    expected = undisturbed([1, 2])
    order = new_order()
    session = PAID.event(order.pk, 0)["data"]["object"]
    interrupted("refund", after).run(refund=telling(order, 2), status_check=lambda: settle([read_object(session)]))
    assert state(order) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_and_a_dispute_that_is_won_meet(seed: int) -> None:
    order = new_order()
    aside(telling(order, 1))
    by_chance(seed).run(
        worker=outbox.process_one,
        second_worker=outbox.process_one,
        dispute=telling(order, 3),
        won=telling(order, 4),
    )
    assert (state(order)["fulfillments"], len(mail.outbox)) == (["done"], 1)


@pytest.mark.parametrize("after", range(7))
def test_a_worker_that_was_about_to_skip_an_order_does_not_lose_it(after: int) -> None:
    order = new_order()
    aside(telling(order, 1, 3))
    interrupted("worker", after).run(worker=outbox.process_one, won=telling(order, 4))
    assert (state(order)["fulfillments"], len(mail.outbox)) == (["done"], 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_accept_refund_webhook_and_sweep_meet_on_an_order_in_review(emulator: Emulator, seed: int) -> None:
    order = aside(lambda: pay_new_order(FrontDoor(), emulator))
    misfit = step(livemode=True, payment_intent=order.stripe_payment_intent_id, **total(paid=2000))

    def to_review() -> None:
        event = misfit.event(order.pk, 1)
        event["data"]["object"]["id"] = order.stripe_session_id
        settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK)])

    def accept() -> None:
        with suppress(Problem):  # not in review yet
            review.accept(order.pk)

    by_chance(seed).run(
        webhook=to_review,
        accept=accept,
        refund=lambda: refund_order(order, 500),
        sweep=catch_up,
        replay=lambda: replay(list(StripeEvent.objects.all())),
    )
    aside(accept)
    aside(catch_up)
    now = state(order)
    assert (now["status"], now["refunded"], now["open"]) == ("partially_refunded", 500, [])
    assert (now["fulfillments"], len(mail.outbox)) == (["done"], 1)
    assert emulator.refunds_of(order.stripe_payment_intent_id) == [500]


def test_long_lists_in_opposite_orders_do_not_stop_each_other() -> None:
    """No pauses here: what is to be tried lies within a statement."""
    orders = [new_order_with(number) for number in range(12)]
    events = [event for order, number in orders for event in events_of(order, number)]
    deadlocks: list[BaseException] = []

    def note(execute: Any, *details: Any) -> Any:
        try:
            return execute(*details)
        except Exception as error:
            if getattr(error.__cause__, "sqlstate", "") == "40P01":
                deadlocks.append(error)
            raise

    def settle_in(order: list[dict[str, Any]]) -> None:
        try:
            with connection.execute_wrapper(note):
                settle([read_event(event, json.dumps(event), StripeEvent.Source.CATCH_UP) for event in order])
        finally:
            connection.close()

    ways = [events, events[::-1], *([event] for event in random.Random(1).sample(events, 12))]
    threads = [threading.Thread(target=settle_in, args=[way]) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert deadlocks == []
    aside(replay_open)
    assert aside(lambda: set(Order.objects.values_list("status", "amount_refunded"))) == {("partially_refunded", 100)}


def new_order_with(number: int) -> tuple[Order, int]:
    def place() -> Order:
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=f"cs_{number}")
        return order

    return aside(place), number


def events_of(order: Order, number: int) -> list[dict[str, Any]]:
    """Its payment and a part of it given back."""
    steps = [step(payment_intent=f"pi_{number}"), refund(str(number), 100, "succeeded")]
    events = [each.event(order.pk, 2 * number + at) for at, each in enumerate(steps)]
    events[0]["data"]["object"]["id"] = f"cs_{number}"
    events[1]["data"]["object"]["payment_intent"] = f"pi_{number}"
    return events
