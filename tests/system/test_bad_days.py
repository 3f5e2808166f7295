"""The running system while Stripe hangs, and while Postgres restarts."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

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


@pytest.fixture(scope="module")
def eight_threads() -> Iterator[Stack]:
    """A server with eight threads, shared by the tests."""
    with Stack(env=FEW_THREADS) as stack:
        yield stack


class OnPostgres(NamedTuple):
    """A system, and the database server that only it uses."""

    stack: Stack
    server: Postgres


@pytest.fixture(scope="module")
def on_postgres(postgres: Postgres) -> Iterator[OnPostgres]:
    """The same on Postgres, which the tests may crash."""
    with Postgres(durable=True) as server, Stack(env=FEW_THREADS, database_url=server.new_database()) as stack:
        yield OnPostgres(stack, server)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_concurrent_catch_ups_settle_everything_once(request: pytest.FixtureRequest, database: str) -> None:
    on_sqlite = database == "sqlite"
    stack = request.getfixturevalue("eight_threads") if on_sqlite else request.getfixturevalue("on_postgres").stack
    http.request("POST", f"{stack.emulator_url}/_emulator/faults", json={"kind": "drop_event"})
    orders = [checkout(stack).json() for _ in range(12)]
    for started in orders:
        session_id = started["checkout_url"].rpartition("/")[2]
        confirm = f"{stack.emulator_url}/v1/payment_pages/{session_id}/confirm"
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        assert http.request("POST", confirm, body="payment_method=pm_card_visa", headers=headers).status == 200
    with ThreadPoolExecutor(3) as pool:
        outputs = list(pool.map(lambda _: stack.manage("catch_up"), range(3)))
    assert all("events seen" in each for each in outputs)
    assert {status_of(stack, started["order_id"]) for started in orders} == {(200, "paid")}
    # Parked or failed events would be processed now.
    assert " 0 new, 0 replayed" in stack.manage("catch_up")


def slow_down_stripe(stack: Stack) -> None:
    fault = {"kind": "latency", "seconds": 8, "path": "/v1/checkout/sessions*"}
    assert http.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201


def test_webhooks_work_while_buyers_wait_for_stripe(eight_threads: Stack) -> None:
    paid = checkout(eight_threads).json()
    slow_down_stripe(eight_threads)
    with ThreadPoolExecutor(24) as crowd:
        buyers = [crowd.submit(checkout, eight_threads) for _ in range(24)]
        # Buyers beyond the limit get an error, while the others still wait.
        until(lambda: sum(buyer.done() for buyer in buyers) >= 19, "buyers beyond the limit got an error")
        assert deliver_payment(eight_threads, paid) == 200
        assert status_of(eight_threads, paid["order_id"]) == (200, "paid")
        assert not all(buyer.done() for buyer in buyers)
        answers = [buyer.result() for buyer in buyers]
    served = [answer for answer in answers if answer.status == 200]
    busy = [answer for answer in answers if answer.status == 503]
    assert (len(served), len(busy)) == (5, 19)  # five of eight threads may call Stripe
    assert {(answer.json()["code"], answer.headers["Retry-After"]) for answer in busy} == {("busy", "1")}


def fill_the_pool(stack: Stack, started: Any) -> None:
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda _: status_of(stack, started["order_id"]), range(40)))


def test_a_postgres_restart_loses_no_webhook(on_postgres: OnPostgres) -> None:
    stack, server = on_postgres
    started = [checkout(stack).json() for _ in range(4)]
    fill_the_pool(stack, started[0])
    server.crash()
    # One request notices, however many connections have died.
    checks = [http.request("GET", f"{stack.url}/readyz").status for _ in range(2)]
    assert checks[1] == 200
    fill_the_pool(stack, started[0])
    server.crash()
    # The Stripe CLI delivers once, so the first request must succeed.
    assert [deliver_payment(stack, each) for each in started] == [200] * 4
    assert [status_of(stack, each["order_id"]) for each in started] == [(200, "paid")] * 4


def test_the_app_recovers_from_a_postgres_outage(on_postgres: OnPostgres) -> None:
    stack, server = on_postgres
    started = checkout(stack).json()
    with server.stopped():
        assert status_of(stack, started["order_id"]) == (503, "database_unavailable")
        assert checkout(stack).status == 503
        page = http.request("GET", f"{stack.url}/return/{started['order_id']}/")
        assert (page.status, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert "don’t pay again" in page.data.decode()
        assert deliver_payment(stack, started) == 503
        # Long enough for every backoff to reach its maximum.
        enough = time.monotonic() + 6
        while time.monotonic() < enough:
            assert status_of(stack, started["order_id"])[0] == 503
    until(lambda: status_of(stack, started["order_id"])[0] != 503, "the app uses the database again")
    assert deliver_payment(stack, started) == 200
    assert status_of(stack, started["order_id"]) == (200, "paid")
    assert checkout(stack).status == 200


def readiness(stack: Stack) -> tuple[int, list[str]]:
    answer = http.request("GET", f"{stack.url}/readyz")
    return answer.status, answer.json()["missing"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which needs root")
def test_a_full_disk_of_the_database_is_not_ready() -> None:
    with Postgres(disk_mb=160) as server, Stack(env=FEW_THREADS, database_url=server.new_database()) as stack:
        assert readiness(stack) == (200, [])
        filler = server.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            file.write(bytes(shutil.disk_usage(server.folder).free))
        assert shutil.disk_usage(server.folder).free == 0
        until(lambda: readiness(stack) == (503, ["database_writes"]), "it is not ready")
        doctor = subprocess.run(
            [sys.executable, "manage.py", "doctor", "--json"],
            cwd=stack.root, env=stack.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = {finding["check"]: finding for finding in json.loads(doctor.stdout)["findings"]}
        assert "disk is full" in found["database"]["cause"]
        assert "Make room" in found["database"]["remedy"]
        filler.unlink()
        until(lambda: readiness(stack) == (200, []), "it is ready again")
        assert checkout(stack).status == 200
