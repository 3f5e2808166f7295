"""Concurrent changes to one order, interrupted between any two statements, lose nothing."""

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
from tests.unit.payments.schedule import Schedule, in_thread, shared_database

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = range(6)
REFUNDED = refund("1", 500, "succeeded")
STORY = [DECLINED, PAID, REFUNDED, dispute("needs_response"), dispute("won")]


@pytest.fixture(autouse=True)
def _shared(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


def random_schedule(seed: int) -> Schedule:
    return Schedule(random.Random(seed).choice)


def interrupted(name: str, after: int) -> Schedule:
    """Stop `name` after so many statements until all others are done."""
    left = iter(range(after))

    def choose(ready: list[str]) -> str:
        others = [each for each in ready if each != name]
        if name in ready and next(left, None) is not None:
            return name
        return others[0] if others else name

    return Schedule(choose)


def in_turns(*turns: tuple[str, int]) -> Schedule:
    """Run so many statements of each in turn, as far as it is ready, then the rest."""
    planned = [name for name, count in turns for _ in range(count)]

    def choose(ready: list[str]) -> str:
        while planned:
            if (name := planned.pop(0)) in ready:
                return name
        return ready[0]

    return Schedule(choose)


def new_order() -> Order:
    def place() -> Order:
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=SESSION)
        return order

    return in_thread(place)


def settle_batch(order: Order, *numbers: int, story: list[Step] = STORY) -> None:
    """Settle these events of the story as one batch."""
    events = [story[number].event(order.pk, number) for number in numbers]
    settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK) for event in events])


def settling(order: Order, *numbers: int, story: list[Step] = STORY) -> Callable[[], None]:
    return lambda: settle_batch(order, *numbers, story=story)


def state(order: Order) -> dict[str, Any]:
    """Run the worker. Return the order's state, its unapplied events and its fulfillments."""

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

    return in_thread(look)


def sequential_state(numbers: list[int], story: list[Step] = STORY) -> dict[str, Any]:
    """Return the state after the story without concurrency."""
    order = new_order()
    in_thread(settling(order, *numbers, story=story))
    result = state(order)
    mail.outbox.clear()

    def forget() -> None:
        StripeEvent.objects.all().delete()
        Fulfillment.objects.all().delete()
        Order.objects.filter(pk=order.pk).update(stripe_session_id=None, stripe_payment_intent_id="")

    in_thread(forget)
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_concurrent_sources_lose_nothing(seed: int) -> None:
    expected = sequential_state([0, 1, 2, 3, 4])
    order = new_order()
    session = PAID.event(order.pk, 0)["data"]["object"]
    schedule = random_schedule(seed)
    schedule.run(
        webhook=settling(order, 1),
        second_webhook=settling(order, 2),
        catching_up=settling(order, 4, 3, 2, 1, 0),
        replay=lambda: replay(list(StripeEvent.objects.order_by("-pk"))),
        open_replay=replay_open,
        status_check=lambda: settle([read_object(session)]),
    )
    assert state(order) == expected
    assert schedule.deadlocks == 0


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("late", ["refund", "payment"])
def test_a_refund_and_its_payment_find_each_other(late: str, after: int) -> None:
    expected = sequential_state([1, 2])
    order = new_order()
    # Without a catch-up to help.
    interrupted(late, after).run(refund=settling(order, 2), payment=settling(order, 1))
    assert state(order) == expected


@pytest.mark.parametrize("paid_after", range(2, 8))
@pytest.mark.parametrize("leased_after", range(4, 8))
def test_an_order_that_was_refunded_first_is_not_fulfilled(paid_after: int, leased_after: int) -> None:
    """The worker leases the paid order; before it fulfills, the webhook's process settles the parked refund."""
    order = new_order()
    story = [PAID, refund("1", 2000, "succeeded")]
    in_thread(settling(order, 1, story=story))
    schedule = in_turns(("payment", paid_after), ("worker", leased_after), ("payment", 99), ("worker", 99))

    def work() -> None:
        outbox.process_one()  # looks for rows that were due before the payment was stored
        outbox.process_one()

    schedule.run(payment=settling(order, 0, story=story), worker=work)
    assert (state(order)["status"], len(mail.outbox)) == ("refunded", 0)


@pytest.mark.parametrize("after", range(6))
def test_a_status_check_applies_parked_events(after: int) -> None:
    expected = sequential_state([1, 2])
    order = new_order()
    session = PAID.event(order.pk, 0)["data"]["object"]
    interrupted("refund", after).run(refund=settling(order, 2), status_check=lambda: settle([read_object(session)]))
    assert state(order) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_fulfill_once_while_a_dispute_is_won(seed: int) -> None:
    order = new_order()
    in_thread(settling(order, 1))
    random_schedule(seed).run(
        worker=outbox.process_one,
        second_worker=outbox.process_one,
        dispute=settling(order, 3),
        won=settling(order, 4),
    )
    assert (state(order)["fulfillments"], len(mail.outbox)) == (["done"], 1)


@pytest.mark.parametrize("after", range(7))
def test_a_skipped_order_is_not_lost(after: int) -> None:
    order = new_order()
    in_thread(settling(order, 1, 3))
    interrupted("worker", after).run(worker=outbox.process_one, won=settling(order, 4))
    assert (state(order)["fulfillments"], len(mail.outbox)) == (["done"], 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_concurrent_review_and_refund_lose_nothing(emulator: Emulator, seed: int) -> None:
    order = in_thread(lambda: pay_new_order(FrontDoor(), emulator))
    mismatch = step(livemode=True, payment_intent=order.stripe_payment_intent_id, **total(paid=2000))

    def to_review() -> None:
        event = mismatch.event(order.pk, 1)
        event["data"]["object"]["id"] = order.stripe_session_id
        settle([read_event(event, json.dumps(event), StripeEvent.Source.WEBHOOK)])

    def accept() -> None:
        with suppress(Problem):  # not in review yet
            review.accept(order.pk)

    random_schedule(seed).run(
        webhook=to_review,
        accept=accept,
        refund=lambda: refund_order(order, 500),
        catching_up=catch_up,
        replay=lambda: replay(list(StripeEvent.objects.all())),
    )
    in_thread(accept)
    in_thread(catch_up)
    now = state(order)
    assert (now["status"], now["refunded"], now["open"]) == ("partially_refunded", 500, [])
    assert (now["fulfillments"], len(mail.outbox)) == (["done"], 1)
    assert emulator.refunds_of(order.stripe_payment_intent_id) == [500]


def test_batches_in_opposite_order_do_not_deadlock() -> None:
    """This race is within a statement, so nothing pauses."""
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

    batches = [events, events[::-1], *([event] for event in random.Random(1).sample(events, 12))]
    threads = [threading.Thread(target=settle_in, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert deadlocks == []
    in_thread(replay_open)
    assert in_thread(lambda: set(Order.objects.values_list("status", "amount_refunded"))) == {
        ("partially_refunded", 100)
    }


def new_order_with(number: int) -> tuple[Order, int]:
    def place() -> Order:
        order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
        Order.objects.filter(pk=order.pk).update(stripe_session_id=f"cs_{number}")
        return order

    return in_thread(place), number


def events_of(order: Order, number: int) -> list[dict[str, Any]]:
    """Return its payment and a partial refund."""
    steps = [step(payment_intent=f"pi_{number}"), refund(str(number), 100, "succeeded")]
    events = [each.event(order.pk, 2 * number + at) for at, each in enumerate(steps)]
    events[0]["data"]["object"]["id"] = f"cs_{number}"
    events[1]["data"]["object"]["payment_intent"] = f"pi_{number}"
    return events
