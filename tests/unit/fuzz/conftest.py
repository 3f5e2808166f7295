"""Start the real server for the fuzz tests, with a known signing secret."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import SECRET

UNLIMITED = {"CHECKOUTS_PER_MINUTE": "0", "STATUS_CALLS_PER_MINUTE": "0"}
STATE = """
import json
from app.payments.models import *
print(json.dumps({
    "orders": list(Order.objects.order_by("pk").values("pk", "status", "facts", "reason", "amount_refunded")),
    "events": StripeEvent.objects.count(),
    "fulfillments": list(Fulfillment.objects.order_by("pk").values_list("pk", flat=True)),
}, default=str))
"""


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A running system on SQLite, or on Postgres by parameter. It must never log a traceback."""
    with ExitStack() as cleanup:
        url = ""
        if getattr(request, "param", "sqlite") == "postgres":
            if not find_postgres():
                pytest.skip("no PostgreSQL server on this machine")
            url = cleanup.enter_context(Postgres()).new_database()
        stack = cleanup.enter_context(Stack(env={**UNLIMITED, "STRIPE_WEBHOOK_SECRET": SECRET}, database_url=url))
        yield stack
    assert "Traceback" not in stack.log, stack.log[stack.log.index("Traceback") - 2000 :][:6000]


def state_of(stack: Stack) -> Any:
    """Return all data that a request could have changed."""
    return json.loads(stack.manage("shell", "--no-imports", "-v0", "-c", STATE))
