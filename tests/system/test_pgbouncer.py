"""The system behind PgBouncer in transaction mode: it works without a setting, and names the wrong setting.

A client has its connection for one transaction only; whatever a connection keeps for longer (prepared statements,
cursors WITH HOLD, SET, advisory locks) belongs to another client next time.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests.support.pgbouncer import PgBouncer
from tests.support.postgres import Postgres
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import SECRET, event_for, sign

AT_ONCE = 24
PAYMENTS = 60
http = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=60)
COUNTS = """
import json
from app.payments.models import *
print(json.dumps({
    "paid": Order.objects.filter(status="paid").count(),
    "events": StripeEvent.objects.filter(outcome="applied").count(),
    "refunded": Order.objects.filter(status="partially_refunded", amount_refunded=500).count(),
    "done": Fulfillment.objects.filter(status="done").count(),
}))
"""
# Between two fetches, another client takes the connection.
ITERATE = """
import os, psycopg
from app.payments.models import *
products = Product.objects.iterator(chunk_size=1)
found = [next(products)]
with psycopg.connect(os.environ["DATABASE_URL"]) as other:
    other.execute("SELECT 1")
    print(len([*found, *products]))
"""


@pytest.fixture
def pooled(postgres: Postgres) -> Iterator[str]:
    """The DATABASE_URL of a new database behind PgBouncer."""
    with PgBouncer(postgres) as pooler:
        yield pooler.url(postgres.new_database())


def buy(stack: Stack, number: int) -> None:
    """Check out and pay, and refund a part of every second order; deliver each event twice."""
    body = {"customer_email": f"buyer-{number}@example.com"}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answer = http.request("POST", f"{stack.url}/api/checkout/", json=body, headers=headers)
    assert answer.status == 200, answer.data
    order_id, session_id = answer.json()["order_id"], answer.json()["checkout_url"].rpartition("/")[2]
    intent = f"pi_{uuid.uuid4().hex}"
    deliver(stack, event_for(order_id, id=session_id, payment_intent=intent))
    if number % 2:
        deliver(stack, event_for(order_id, "charge.refunded", payment_intent=intent))
    status = http.request("GET", f"{stack.url}/api/orders/{order_id}/").json()["status"]
    assert status == ("partially_refunded" if number % 2 else "paid")


def deliver(stack: Stack, event: dict[str, Any]) -> None:
    body = json.dumps(event)
    for _ in range(2):
        headers = {"Stripe-Signature": sign(body)}
        answer = http.request("POST", f"{stack.url}/stripe-webhook/", body=body, headers=headers)
        assert answer.status == 200, answer.data


def counts(stack: Stack) -> Any:
    return json.loads(stack.manage("shell", "--no-imports", "-v0", "-c", COUNTS))


def doctor(stack: Stack) -> Any:
    """Return the doctor's findings by check."""
    return {each["check"]: each for each in json.loads(stack.manage("doctor", "--json"))["findings"]}


def test_the_system_works_without_a_setting(pooled: str) -> None:
    env = {"STRIPE_WEBHOOK_SECRET": SECRET, "CHECKOUTS_PER_MINUTE": "0", "STATUS_CALLS_PER_MINUTE": "0"}
    with Stack(database_url=pooled, env=env) as stack:
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            list(crowd.map(lambda number: buy(stack, number), range(PAYMENTS)))
        # A catch-up of the remaining events, and the worker's tasks.
        stack.manage("catch_up")
        stack.manage("db_worker", "--batch")
        assert counts(stack) == {
            "paid": PAYMENTS / 2, "refunded": PAYMENTS / 2, "events": PAYMENTS * 1.5, "done": PAYMENTS,
        }  # fmt: skip
        assert stack.manage("shell", "--no-imports", "-v0", "-c", ITERATE).strip() == "4"
        found = doctor(stack)
    log = stack.log.lower()
    assert not [line for line in log.splitlines() if "prepared statement" in line or "traceback" in line], log
    assert {each["status"] for each in found.values()} <= {"ok", "skipped"}, found


def test_prepared_statements_are_reported_as_the_error(pooled: str, postgres: Postgres) -> None:
    env = {"CHECKOUTS_PER_MINUTE": "0", "DATABASE_PREPARED_STATEMENTS": "1"}
    with Stack(database_url=pooled, env=env) as stack:
        answers: Counter[int] = Counter()
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            for _ in range(40):
                paid = [crowd.submit(http.request, "POST", f"{stack.url}/api/checkout/") for _ in range(AT_ONCE)]
                answers.update(each.result().status for each in paid)
                if "Set DATABASE_PREPARED_STATEMENTS=0" in stack.log:
                    break
        stack.wait_for_log("Set DATABASE_PREPARED_STATEMENTS=0")
        assert set(answers) <= {200, 503}, answers
        assert "DATABASE_PREPARED_STATEMENTS=0" in doctor(stack)["database"]["remedy"]
        stack.env["DATABASE_URL"] = postgres.url(pooled.rpartition("/")[2])
        assert doctor(stack)["database"]["status"] == "ok"
