"""`GET /api/orders/{id}/?wait=`."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.api.waiting import waiters
from app.payments.models import Order
from tests.support.front_door import FrontDoor
from tests.support.waiting import until
from tests.unit.payments.schedule import in_thread, shared_database
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = 3
Call = Callable[..., "Future[str]"]


def new_order(number: int = 1) -> Order:
    order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    Order.objects.filter(pk=order.pk).update(
        stripe_session_id=f"cs_{number}", checkout_url="http://stripe.test/c/pay/cs"
    )
    return order


def pay(order: Order, number: int = 1) -> None:
    event = event_for(order, id=f"cs_{number}", payment_intent=f"pi_{number}")
    assert in_thread(lambda: deliver(FrontDoor(), event)).status_code == 200


@pytest.fixture
def statements() -> list[str]:
    """The statements of all waiting calls."""
    return []


@pytest.fixture
def call(settings: Settings, statements: list[str], tmp_path: Path) -> Iterator[Call]:
    """Start a call in its own thread; its result is the order's status. PLACES of them can wait."""
    settings.WEB_THREADS = 4 * PLACES
    waiters.cache_clear()

    def note(execute: Any, sql: str, *details: Any) -> Any:
        statements.append(sql)
        return execute(sql, *details)

    def ask(order: Order, seconds: int) -> str:
        try:
            with connection.execute_wrapper(note):
                return str(FrontDoor().get(f"/api/orders/{order.pk}/?wait={seconds}").json()["status"])
        finally:
            connection.close()

    with shared_database(tmp_path), ThreadPoolExecutor(2 * PLACES) as pool:
        yield lambda order, seconds=20: pool.submit(ask, order, seconds)
    waiters.cache_clear()


def test_the_response_comes_when_the_order_changes(call: Call) -> None:
    order = in_thread(new_order)
    answer = call(order)
    until(lambda: waiters().count == 1, "the call waits")
    assert not answer.done()
    pay(order)
    assert answer.result(15) == "paid"
    assert waiters().count == 0


def test_an_order_that_does_not_change_is_shown_in_the_end(call: Call) -> None:
    assert call(in_thread(new_order), 1).result(15) == "pending"


def test_only_a_quarter_of_the_threads_waits(call: Call) -> None:
    orders = [in_thread(lambda number=number: new_order(number)) for number in range(PLACES)]  # type: ignore[misc]
    waiting = [call(order) for order in orders]
    until(lambda: waiters().count == PLACES, "all places are taken")
    assert call(orders[0]).result(15) == "pending"  # while the others still wait
    assert waiters().count == PLACES
    for number, order in enumerate(orders):
        pay(order, number)
    assert [each.result(15) for each in waiting] == ["paid"] * PLACES
    assert waiters().count == 0


def test_all_share_one_query_a_second(call: Call, statements: list[str]) -> None:
    orders = [in_thread(lambda number=number: new_order(number)) for number in range(PLACES)]  # type: ignore[misc]
    began = time.monotonic()
    waiting = [call(order, 4) for order in orders]
    assert {each.result(15) for each in waiting} == {"pending"}
    queries = [sql for sql in statements if " IN (" in sql and "payments_orderitem" not in sql]
    assert 2 <= len(queries) <= 2 + (time.monotonic() - began)


def test_a_place_is_free_again_after_an_error(call: Call) -> None:
    order = in_thread(new_order)

    def fail(execute: Any, sql: str, *details: Any) -> Any:
        raise OperationalError("the database is gone")

    def wait() -> None:
        with connection.execute_wrapper(fail), pytest.raises(OperationalError):
            waiters().wait(order.pk, 0, 20)

    for _ in range(PLACES + 1):
        in_thread(wait)
    assert waiters().count == 0
    answer = call(order)
    until(lambda: waiters().count == 1, "a call can wait")
    pay(order)
    assert answer.result(15) == "paid"


def test_a_final_order_is_shown_at_once(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    began = time.monotonic()
    assert client.get(f"/api/orders/{order.pk}/?wait=25").json()["status"] == "paid"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("value", "error"),
    [("26", "wait: at most 25"), ("-1", "wait: at least 0"), ("soon", "wait: must be a whole number")],
)
def test_an_invalid_time_is_refused(client: Client, order: Order, value: str, error: str) -> None:
    answer = client.get(f"/api/orders/{order.pk}/?wait={value}")
    assert (answer.status_code, answer.json()["detail"]) == (400, error)
