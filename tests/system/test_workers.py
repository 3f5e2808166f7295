"""Several workers share the outbox, and fulfill each order once."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.devstack.dev.processes.parent_death import die_with
from tests.support.postgres import Postgres
from tests.support.stack import ROOT, Stack
from tests.support.waiting import until

ORDERS = 300
RECEIPT = re.compile(r"^Message-ID: <receipt-([0-9a-f-]{36})@", re.M)  # printed, because no mail server is set
PAY = f"""
from django.core.management import call_command
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.facts import Amounts, Facts
from app.payments.settle import settle
from app.payments.stripe.events import Event, Reference
call_command("migrate", verbosity=0)
call_command("seed_demo", verbosity=0)
choice = CheckoutIn(customer_email="jenny@example.com")
for number in range({ORDERS}):
    order = place_order(choice, return_url="http://localhost/return/{{order_id}}/")
    settle([Event(Reference(order_ids=(order.pk,)), Facts(session="complete", payment="paid"))])
"""
ROWS = "SELECT order_id::text, status, attempts FROM payments_fulfillment"


@pytest.fixture
def stack(postgres: Postgres) -> Iterator[Stack]:
    """A migrated database with paid orders; nothing runs yet."""
    stack = Stack(database_url=postgres.new_database())
    stack.manage("shell", "--no-imports", "-v0", "-c", PAY)
    yield stack
    stack.close()


def fulfillments(stack: Stack) -> dict[str, tuple[str, int]]:
    """Return status and attempts by order."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        return {order: (status, attempts) for order, status, attempts in connection.execute(ROWS)}


def test_two_workers_share_the_work_without_duplicates(stack: Stack, tmp_path: Path) -> None:
    outputs = [tmp_path / "one", tmp_path / "other"]
    workers = [_worker(stack, output) for output in outputs]
    try:
        until(
            lambda: all(status != "pending" for status, _ in fulfillments(stack).values()), "all orders are fulfilled"
        )
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(30)
    rows = fulfillments(stack)
    done = [RECEIPT.findall(output.read_text()) for output in outputs]
    assert all(done), f"one worker did everything: {[len(receipts) for receipts in done]}"
    assert Counter(done[0] + done[1]) == Counter(rows.keys())
    assert Counter(rows.values()) == {("done", 1): ORDERS}


def _worker(stack: Stack, output: Path) -> "subprocess.Popen[bytes]":
    with output.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "manage.py", "db_worker"],
            cwd=ROOT, env=stack.env, stdout=file, stderr=subprocess.DEVNULL, preexec_fn=die_with(os.getpid()),
        )  # fmt: skip
