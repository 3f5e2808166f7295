"""Any container may be restarted or killed in the middle of payments: every order that was paid becomes `paid`."""

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
IN_THE_WAY = (AssertionError, urllib3.exceptions.HTTPError, KeyError, ValueError)


class Buyers(threading.Thread):
    """Buys one thing after the other. Like a person, a buyer who gets no answer tries again, and pays only once."""

    def __init__(self, stack: ComposeStack) -> None:
        super().__init__(daemon=True)
        self.stack, self.enough = stack, threading.Event()
        self.orders: list[str] = []

    def run(self) -> None:
        while not self.enough.is_set():
            key = str(uuid.uuid4())
            order, session = insist(partial(self.stack.check_out, key))
            insist(partial(self.stack.pay_at_stripe, session))
            self.orders.append(order)


def insist(attempt: Callable[[], T]) -> T:
    while True:
        try:
            return attempt()
        except IN_THE_WAY:
            time.sleep(0.2)


@contextmanager
def payments_going_on(stack: ComposeStack) -> Iterator[None]:
    """Payments before, during and after the body; all have to settle."""
    buyers = Buyers(stack)
    buyers.start()
    eventually("first payments", lambda: len(buyers.orders) >= 3)
    yield
    stack.await_health("healthy", *SERVICES)
    bought = len(buyers.orders)
    eventually("payments afterwards", lambda: len(buyers.orders) >= bought + 3)
    buyers.enough.set()
    buyers.join()
    for order in buyers.orders:
        stack.await_paid(order, within=90)  # the sweep comes once a minute


@pytest.mark.parametrize("service", SERVICES)
def test_restart(stack: ComposeStack, service: str) -> None:
    with payments_going_on(stack):
        stack.compose("restart", service)


@pytest.mark.parametrize("service", SERVICES)
def test_kill_9(stack: ComposeStack, service: str) -> None:
    with payments_going_on(stack):
        before = stack.inspect(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        eventually("it is started again", lambda: stack.inspect(service)["RestartCount"] > before["RestartCount"])
