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
import urllib3

from tests.compose.stack import SERVICES, ComposeStack, eventually

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
def _frequent_catch_up(stack: ComposeStack) -> Iterator[None]:
    """Read missed events every few seconds instead of once a minute, for which each test would have to wait."""
    stack.set_env(CATCH_UP_INTERVAL="5")
    stack.up()
    yield
    stack.set_env()
    stack.up()


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
