"""The signing secret changes while everything runs: the app uses the new one, and still accepts the old one."""

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
    """Deliver an event signed with `secret`. Return the status."""
    event = {"id": "evt_of_no_order", "object": "event", "type": "plan.created", "created": 1, "livemode": False}
    body = json.dumps(event | {"data": {"object": {"id": "plan_1", "object": "plan"}}})
    now = int(time.time())
    signature = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={now},v1={signature}", "Content-Type": "application/json"}
    return urllib3.request("POST", f"{stack.url}/stripe-webhook/", body=body, headers=headers).status


@pytest.fixture
def secret(stack: ComposeStack) -> Iterator[str]:
    """The secret in use, restored afterwards."""
    secret = stack.execute("stripe-cli", "cat", FILE)
    yield secret
    write_secret(stack, secret)


def write_secret(stack: ComposeStack, secret: str) -> None:
    command = f"umask 077; echo {secret} >{FILE}.test && mv {FILE}.test {FILE}"
    stack.execute("stripe-cli", "sh", "-c", command)


def test_a_new_secret_is_used_within_a_second(stack: ComposeStack, secret: str) -> None:
    new = "whsec_written_by_hand_0000000000000"
    assert deliver(stack, new) == 400
    write_secret(stack, new)
    eventually("the new secret is used", lambda: deliver(stack, new) == 200, within=1)
    assert deliver(stack, secret) == 200, "events signed with the old secret may still arrive"
    assert deliver(stack, "whsec_of_another_endpoint_00000000000") == 400


def test_a_secret_rotated_by_stripe_is_used(stack: ComposeStack, secret: str) -> None:
    started = stack.inspect("app")["State"]["StartedAt"]
    # An emulator without its data knows neither the CLI's session nor its secret.
    stack.compose("stop", "stripe-emulator")
    forget = "rm /data/stripe_emulator.db*"
    stack.compose("run", "--rm", "--no-deps", "stripe-emulator", "sh", "-c", forget)
    stack.compose("start", "stripe-emulator")
    eventually("another secret", lambda: stack.execute("stripe-cli", "cat", FILE) != secret, within=60)
    stack.await_health("healthy", "stripe-cli")
    stack.await_paid(stack.buy())
    assert stack.inspect("app")["State"]["StartedAt"] == started
