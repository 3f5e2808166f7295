"""Restart or kill any container during payments: every paid order becomes `paid`."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import pytest
import stripe
import urllib3
from standardwebhooks.webhooks import Webhook

from tests.compose.stack import SERVICES, STRIPE_KEY, ComposeStack, eventually
from tests.support.endpoint import SECRET, Endpoint, Received, endpoint_running

T = TypeVar("T")
RETRIED = (AssertionError, urllib3.exceptions.HTTPError, KeyError, ValueError)


class Buyers(threading.Thread):
    """Buys one order after the other. Like a person, it retries on errors, and pays only once."""

    def __init__(self, stack: ComposeStack) -> None:
        super().__init__(daemon=True)
        self.stack, self.stopped = stack, threading.Event()
        self.orders: list[str] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            key = str(uuid.uuid4())
            order, session = retry(partial(self.stack.check_out, key))
            retry(partial(self.stack.pay_at_stripe, session))
            self.orders.append(order)
            self.stopped.wait(0.1)  # ten a second are enough


def retry(attempt: Callable[[], T]) -> T:
    while True:
        try:
            return attempt()
        except RETRIED:
            time.sleep(0.2)


@contextmanager
def ongoing_payments(stack: ComposeStack) -> Iterator[None]:
    """Keep buying before, during and after the block; all payments must settle."""
    buyers = Buyers(stack)
    buyers.start()
    eventually("first payments", lambda: len(buyers.orders) >= 3)
    yield
    stack.await_health("healthy", *SERVICES)
    bought = len(buyers.orders)
    eventually("payments afterwards", lambda: len(buyers.orders) >= bought + 3)
    buyers.stopped.set()
    buyers.join()
    for order in buyers.orders:
        stack.await_paid(order)


@pytest.fixture(scope="module", autouse=True)
def endpoint(stack: ComposeStack) -> Iterator[Endpoint]:
    """Another system that the shop reports orders to, on this machine.

    Missed events are read every few seconds instead of once a minute, for which each test would have to wait.
    """
    with endpoint_running(host=stack.engine.host_address) as endpoint:
        webhook = {"URL": endpoint.url, "SECRET": SECRET, "ALLOW_PRIVATE": "1"}
        settings = {f"ORDER_WEBHOOK_{name}": value for name, value in webhook.items()}
        stack.set_env(CATCH_UP_INTERVAL="5", SHOP_NAME="Tea & Things", CHECKOUT_PHONE="1", **settings)
        stack.up()
        yield endpoint
        stack.set_env()


def test_settings_reach_the_containers(stack: ComposeStack, endpoint: Endpoint) -> None:
    assert "Tea &amp; Things" in stack.get("/").data.decode()
    order, session = stack.check_out()
    client = stripe.StripeClient(STRIPE_KEY, base_addresses={"api": stack.emulator_url})
    phone = client.v1.checkout.sessions.retrieve(session).phone_number_collection
    assert phone
    assert phone.enabled
    stack.pay_at_stripe(session)
    [(headers, body)] = eventually("the other system hears of it", lambda: reports(endpoint, order))
    assert Webhook(SECRET).verify(body, headers)["type"] == "order.paid"


def reports(endpoint: Endpoint, order: str) -> list[Received]:
    return [received for received in endpoint.received if order in received[1]]


@pytest.mark.parametrize("service", SERVICES)
def test_a_restart_loses_no_payment(stack: ComposeStack, service: str) -> None:
    with ongoing_payments(stack):
        stack.compose("restart", service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_container_loses_no_payment(stack: ComposeStack, service: str) -> None:
    with ongoing_payments(stack):
        before = stack.inspect(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        eventually("it is restarted", lambda: stack.inspect(service)["RestartCount"] > before["RestartCount"])


def test_everything_is_back_after_docker_was_killed(stack: ComposeStack) -> None:
    if not stack.engine.daemon:
        pytest.skip("this engine was not started by the tests")
    order = stack.buy()
    stack.engine.stop(signal.SIGKILL)
    stack.engine.start()
    stack.await_health("healthy", *SERVICES)
    stack.await_paid(order)
    stack.await_paid(stack.buy())
