"""Buyers click twice, open two tabs, reload, go back and return early: one payment, never called failed."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.support.emulator import KEY
from tests.support.stack import Stack
from tests.support.waiting import until

CARD = {
    "email": "jenny@example.com",
    "method": "card",
    "card-number": "4242 4242 4242 4242",
    "card-expiry": "12 / 40",
    "card-cvc": "123",
    "card-name": "Jenny Rosen",
}
DECLINED = CARD | {"card-number": "4000 0000 0000 0002"}
# Texts that must not appear after a successful payment.
FAILED = ("didn’t go through", "could not be opened", "has not been paid", "has expired")

http = urllib3.PoolManager(maxsize=8, retries=False, timeout=30)


@pytest.fixture
def started(stack: Stack) -> Iterator[Any]:
    """The response to a click on Buy; Stripe's faults end with the test."""
    yield click(stack, str(uuid.uuid4()))
    http.request("DELETE", f"{stack.emulator_url}/_emulator/faults")


def click(stack: Stack, key: str) -> Any:
    answer = http.request("POST", f"{stack.url}/api/checkout/", headers={"Idempotency-Key": key})
    assert answer.status == 200, answer.data
    return answer.json()


def pay(started: Any, form: dict[str, str] = CARD) -> Any:
    """Press Pay on the payment page, as a browser without JavaScript does."""
    url = f"{started['checkout_url']}/confirm"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return http.request("POST", url, body=urlencode(form), headers=headers, redirect=False)


def payments_for(stack: Stack, started: Any) -> int:
    """Return the number of Stripe's charges for the order."""
    headers = {"Authorization": f"Bearer {KEY}"}
    listed = http.request("GET", f"{stack.emulator_url}/v1/charges?limit=100", headers=headers).json()["data"]
    return sum(each["paid"] and each["metadata"].get("order_id") == started["order_id"] for each in listed)


def wait_until_paid(started: Any) -> None:
    until(lambda: http.request("GET", started["status_url"]).json()["status"] == "paid", "the order is paid")


def return_page(stack: Stack, started: Any) -> str:
    return http.request("GET", f"{stack.url}/return/{started['order_id']}/").data.decode()


def test_a_double_click_on_pay_is_one_payment(stack: Stack, started: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: pay(started), range(2)))
    assert {answer.status for answer in answers} == {303}
    wait_until_paid(started)
    assert payments_for(stack, started) == 1


def test_two_tabs_with_one_checkout_are_one_payment(stack: Stack) -> None:
    key = str(uuid.uuid4())
    first, second = click(stack, key), click(stack, key)
    assert first == second
    pay(first)
    shown_too_late = pay(second)
    assert shown_too_late.status == 303
    wait_until_paid(first)
    assert payments_for(stack, first) == 1


def test_reload_and_back_lead_to_the_return_page(stack: Stack, started: Any) -> None:
    pay(started)
    for _ in range(2):
        again = http.request("GET", started["checkout_url"], redirect=False)
        assert again.status in (302, 303)
        assert f"/return/{started['order_id']}/" in again.headers["Location"]
    pay(started)
    wait_until_paid(started)
    assert payments_for(stack, started) == 1


def test_a_decline_is_hidden_after_a_successful_payment(stack: Stack, started: Any) -> None:
    assert pay(started, DECLINED).status == 402
    assert pay(started).status == 303
    wait_until_paid(started)
    assert payments_for(stack, started) == 1
    assert not any(words in return_page(stack, started) for words in FAILED)


def test_returning_before_the_webhook_shows_waiting(stack: Stack, started: Any) -> None:
    fault = {"kind": "drop_event"}
    assert http.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201
    pay(started)
    page = return_page(stack, started)
    assert "Waiting for Stripe’s confirmation" in page
    assert not any(words in page for words in FAILED)
    # No event will arrive; a status request asks Stripe.
    wait_until_paid(started)
    assert "Thank you" in return_page(stack, started)


@pytest.mark.parametrize("order", ["the decline last", "the payment last"])
def test_events_in_the_wrong_order_never_unpay(stack: Stack, started: Any, order: str) -> None:
    # The event that must arrive last is delayed.
    late = "payment_intent.payment_failed" if order == "the decline last" else "checkout.session.completed"
    fault = {"kind": "delay_event", "event": late, "seconds": 1.5}
    assert http.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201
    pay(started, DECLINED)
    pay(started)
    wait_until_paid(started)
    stack.wait_for_log(f": order {started['order_id']} is", count=2)
    assert http.request("GET", started["status_url"]).json()["status"] == "paid"
    assert not any(words in return_page(stack, started) for words in FAILED)
