"""The signing secret changes while everything runs: the app picks up the new one and still accepts the old one."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
import urllib3

from tests.compose.stack import ComposeStack, eventually

FILE = "/run/webhook-secret/secret"


def deliver(stack: ComposeStack, secret: str) -> int:
    """The app's answer to an event that is signed with `secret`."""
    event = {"id": "evt_of_no_order", "object": "event", "type": "plan.created", "created": 1, "livemode": False}
    body = json.dumps(event | {"data": {"object": {"id": "plan_1", "object": "plan"}}})
    now = int(time.time())
    signature = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={now},v1={signature}", "Content-Type": "application/json"}
    return urllib3.request("POST", f"{stack.url}/stripe-webhook/", body=body, headers=headers).status


@pytest.fixture
def secret(stack: ComposeStack) -> Iterator[str]:
    """The secret in use, put back afterwards."""
    secret = stack.execute("stripe-cli", "cat", FILE)
    yield secret
    put(stack, secret)


def put(stack: ComposeStack, secret: str) -> None:
    command = f"umask 077; echo {secret} >{FILE}.test && mv {FILE}.test {FILE}"
    stack.execute("stripe-cli", "sh", "-c", command)


def test_new_secret_counts_within_a_second(stack: ComposeStack, secret: str) -> None:
    new = "whsec_written_by_hand_0000000000000"
    assert deliver(stack, new) == 400
    put(stack, new)
    eventually("taken", lambda: deliver(stack, new) == 200, within=1)
    assert deliver(stack, secret) == 200, "events signed with the old one are still on their way"
    assert deliver(stack, "whsec_of_somebody_else_00000000000") == 400


def test_stripe_rotates_the_secret(stack: ComposeStack, secret: str) -> None:
    started = stack.inspect("app")["State"]["StartedAt"]
    # An emulator that has lost its memory knows neither the CLI's session nor its secret.
    stack.compose("stop", "stripe-emulator")
    forget = "rm /data/stripe_emulator.db*"
    stack.compose("run", "--rm", "--no-deps", "stripe-emulator", "sh", "-c", forget)
    stack.compose("start", "stripe-emulator")
    eventually("another secret", lambda: stack.execute("stripe-cli", "cat", FILE) != secret, within=60)
    stack.await_health("healthy", "stripe-cli")
    stack.await_paid(stack.buy())
    assert stack.inspect("app")["State"]["StartedAt"] == started
