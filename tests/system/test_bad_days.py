"""The running system while Stripe hangs, and while Postgres is restarted under it."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests.support.emulator import KEY
from tests.support.postgres import Postgres
from tests.support.stack import Stack
from tests.support.waiting import until
from tests.unit.payments.webhook_sender import SECRET, event_for, sign

FEW_THREADS = {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8", "STRIPE_WEBHOOK_SECRET": SECRET}

http = urllib3.PoolManager(maxsize=64, retries=False, timeout=60)


def checkout(stack: Stack) -> Any:
    return http.request("POST", f"{stack.url}/api/checkout/", headers={"Idempotency-Key": str(uuid.uuid4())})


def deliver_payment(stack: Stack, started: Any) -> int:
    session_id = started["checkout_url"].rpartition("/")[2]
    body = json.dumps(event_for(started["order_id"], id=session_id))
    return http.request(
        "POST", f"{stack.url}/stripe-webhook/", body=body, headers={"Stripe-Signature": sign(body)}
    ).status


def status_of(stack: Stack, order_id: str) -> tuple[int, str]:
    answer = http.request("GET", f"{stack.url}/api/orders/{order_id}/")
    shown = answer.json()
    return answer.status, shown.get("code") or shown["status"]


@pytest.fixture
def small() -> Iterator[Stack]:
    """A server of eight threads."""
    with Stack(env=FEW_THREADS) as stack:
        yield stack


def slow_down_stripe(stack: Stack) -> None:
    fault = {"kind": "latency", "seconds": 8, "path": "/v1/checkout/sessions*"}
    assert http.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201


def test_webhooks_go_on_while_more_buyers_than_threads_wait_for_stripe(small: Stack) -> None:
    paid_for = checkout(small).json()
    slow_down_stripe(small)
    with ThreadPoolExecutor(24) as crowd:
        buyers = [crowd.submit(checkout, small) for _ in range(24)]
        # Those for whom there is no place are told so, while the others still wait.
        until(lambda: sum(buyer.done() for buyer in buyers) >= 16, "those without a place are told")
        assert deliver_payment(small, paid_for) == 200
        assert status_of(small, paid_for["order_id"]) == (200, "paid")
        assert not all(buyer.done() for buyer in buyers)
        answers = [buyer.result() for buyer in buyers]
    served = [answer for answer in answers if answer.status == 200]
    busy = [answer for answer in answers if answer.status == 503]
    assert (len(served), len(busy)) == (7, 17)
    assert {(answer.json()["code"], answer.headers["Retry-After"]) for answer in busy} == {("busy", "1")}


def fill_the_pool(stack: Stack, started: Any) -> None:
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda _: status_of(stack, started["order_id"]), range(40)))


def test_a_restart_of_postgres_is_got_over_at_once(postgres: Postgres) -> None:
    with Postgres(durable=True) as server, Stack(env=FEW_THREADS, database_url=server.new_database()) as stack:
        started = [checkout(stack).json() for _ in range(4)]
        fill_the_pool(stack, started[0])
        server.crash()
        # One look finds it out, however many connections have died.
        looks = [http.request("GET", f"{stack.url}/readyz").status for _ in range(2)]
        assert looks[1] == 200
        fill_the_pool(stack, started[0])
        server.crash()
        # The Stripe CLI delivers once: the very first one has to count.
        assert [deliver_payment(stack, each) for each in started] == [200] * 4
        assert [status_of(stack, each["order_id"]) for each in started] == [(200, "paid")] * 4


def test_while_postgres_is_away_buyers_are_told_and_afterwards_all_is_well(postgres: Postgres) -> None:
    with Postgres(durable=True) as server, Stack(env=FEW_THREADS, database_url=server.new_database()) as stack:
        started = checkout(stack).json()
        with server.away():
            assert status_of(stack, started["order_id"]) == (503, "database_unavailable")
            assert checkout(stack).status == 503
            page = http.request("GET", f"{stack.url}/return/{started['order_id']}/")
            assert (page.status, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
            assert "don’t pay again" in page.data.decode()
            assert deliver_payment(stack, started) == 503
            # Long enough for everything that backs off to have backed off.
            enough = time.monotonic() + 6
            while time.monotonic() < enough:
                assert status_of(stack, started["order_id"])[0] == 503
        until(lambda: status_of(stack, started["order_id"])[0] != 503, "the database is used again")
        assert deliver_payment(stack, started) == 200
        assert status_of(stack, started["order_id"]) == (200, "paid")
        assert checkout(stack).status == 200


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_sweeps_at_once_settle_everything_once(postgres: Postgres, database: str) -> None:
    url = postgres.new_database() if database == "postgres" else ""
    with Stack(env=FEW_THREADS, database_url=url) as stack:
        http.request("POST", f"{stack.emulator_url}/_emulator/faults", json={"kind": "drop_event"})
        orders = [checkout(stack).json() for _ in range(12)]
        for started in orders:
            session_id = started["checkout_url"].rpartition("/")[2]
            confirm = f"{stack.emulator_url}/v1/payment_pages/{session_id}/confirm"
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
            assert http.request("POST", confirm, body="payment_method=pm_card_visa", headers=headers).status == 200
        with ThreadPoolExecutor(3) as sweepers:
            told = list(sweepers.map(lambda _: stack.manage("catch_up"), range(3)))
        assert all("events seen" in each for each in told)
        assert {status_of(stack, started["order_id"]) for started in orders} == {(200, "paid")}
        # Whatever was parked or failed on the way would be processed now.
        assert " 0 new, 0 replayed" in stack.manage("catch_up")
