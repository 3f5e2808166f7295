"""Concurrent requests to the real system: gunicorn with its processes and threads, worker, emulator."""

import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests.support.emulator import KEY
from tests.support.postgres import Postgres
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import SECRET, event_for, sign

AT_ONCE = 20


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A running system on the engine in DATABASE_URL: its own Postgres, or SQLite."""
    secret = {"STRIPE_WEBHOOK_SECRET": SECRET}
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        with Stack(env=secret) as running:
            yield running
        return
    with Postgres() as server, Stack(env=secret, database_url=server.new_database()) as running:
        yield running


http = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=60)


def at_once(count: int, act: Any) -> list[Any]:
    """Return the results of `count` concurrent calls of `act`."""
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(act) for _ in range(count)]]


def checkout(stack: Stack, key: str) -> Any:
    answer = http.request("POST", f"{stack.url}/api/checkout/", headers={"Idempotency-Key": key})
    assert answer.status == 200, answer.data
    return answer.json()


def order_of(stack: Stack, order_id: str) -> Any:
    return http.request("GET", f"{stack.url}/api/orders/{order_id}/").json()


def rows(stack: Stack, code: str) -> Any:
    """Evaluate Python code over the models in the system's own Django. Return the result."""
    setup = "import json; from app.payments.models import *; "
    return json.loads(stack.manage("shell", "--no-imports", "-v0", "-c", f"{setup}print(json.dumps({code}))"))


def test_twenty_concurrent_duplicates_settle_once(stack: Stack) -> None:
    started = checkout(stack, str(uuid.uuid4()))
    session_id = started["checkout_url"].rpartition("/")[2]
    body = json.dumps(event_for(started["order_id"], id=session_id))

    def deliver() -> int:
        headers = {"Stripe-Signature": sign(body), "Content-Type": "application/json"}
        return http.request("POST", f"{stack.url}/stripe-webhook/", body=body, headers=headers).status

    assert Counter(at_once(AT_ONCE, deliver)) == {200: AT_ONCE}
    assert order_of(stack, started["order_id"])["status"] == "paid"
    event_id = json.loads(body)["id"]
    assert rows(
        stack, f"list(StripeEvent.objects.filter(stripe_id='{event_id}').values_list('attempts', 'outcome'))"
    ) == [[AT_ONCE, "applied"]]
    assert rows(stack, f"Fulfillment.objects.filter(order_id='{started['order_id']}').count()") == 1


def test_everyone_who_waits_sees_the_payment(stack: Stack) -> None:
    started = checkout(stack, str(uuid.uuid4()))
    body = json.dumps(event_for(started["order_id"], id=started["checkout_url"].rpartition("/")[2]))

    def wait() -> Any:
        return http.request("GET", f"{stack.url}/api/orders/{started['order_id']}/?wait=20").json()["status"]

    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(wait) for _ in range(12)]
        began = time.monotonic()
        headers = {"Stripe-Signature": sign(body), "Content-Type": "application/json"}
        assert http.request("POST", f"{stack.url}/stripe-webhook/", body=body, headers=headers).status == 200
        assert {each.result() for each in waiting} == {"paid"}
    assert time.monotonic() - began < 20, "they waited to the end"


def test_concurrent_events_about_one_order_all_count(stack: Stack) -> None:
    started = checkout(stack, str(uuid.uuid4()))
    session_id = started["checkout_url"].rpartition("/")[2]
    intent = f"pi_{uuid.uuid4().hex}"
    events = [event_for(started["order_id"], id=session_id, payment_intent=intent)]
    events += [
        event_for(started["order_id"], "refund.updated", id=f"re_{number}", amount=100, payment_intent=intent)
        for number in range(AT_ONCE - 1)
    ]
    waiting = iter(events)

    def deliver() -> int:
        body = json.dumps(next(waiting))
        return http.request(
            "POST", f"{stack.url}/stripe-webhook/", body=body, headers={"Stripe-Signature": sign(body)}
        ).status

    assert Counter(at_once(AT_ONCE, deliver)) == {200: AT_ONCE}
    # The payment applied the parked refunds without a catch-up.
    shown = order_of(stack, started["order_id"])
    assert (shown["status"], shown["amount_refunded"]) == ("partially_refunded", 1900)


def test_a_double_click_makes_one_order(stack: Stack) -> None:
    key = str(uuid.uuid4())
    answers = at_once(AT_ONCE, lambda: checkout(stack, key))
    assert all(answer == answers[0] for answer in answers)
    assert rows(stack, f"Order.objects.filter(idempotency_key='{key}').count()") == 1


def test_the_emulators_own_webhook_settles_a_payment(stack: Stack) -> None:
    started = checkout(stack, str(uuid.uuid4()))
    session_id = started["checkout_url"].rpartition("/")[2]
    url = f"{stack.emulator_url}/v1/payment_pages/{session_id}/confirm"
    headers = {"Authorization": f"Bearer {KEY}"}
    paid = http.request_encode_body("POST", url, {"payment_method": "pm_card_visa"}, headers, encode_multipart=False)
    assert paid.status == 200, paid.data
    stack.wait_for_log(f"order {started['order_id']} is paid")
    assert order_of(stack, started["order_id"])["status"] == "paid"
