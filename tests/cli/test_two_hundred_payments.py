"""Payments continue while the emulator or the CLI is killed: the shop receives each one, and counts it once."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
import urllib3

from tests.cli.cli import Cli, RunningCli
from tests.cli.local_stripe import LocalStripe
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli

PAYMENTS = 200
PAID = "checkout.session.completed"
PAID_WITHIN_S = 300.0  # long enough for a busy machine


class Shop:
    """A correct endpoint: it processes each event once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.paid: list[str] = []

    def take(self, event: dict[str, Any]) -> int:
        """Process one webhook request."""
        if event["type"] == PAID and event["id"] not in self._seen:
            self._seen.add(event["id"])
            self.paid.append(event["data"]["object"]["id"])
        return 200


def pay_with_retries(local: LocalStripe, session: str) -> None:
    """Press Pay until the session is paid."""

    def is_paid() -> bool:
        try:
            local.pay(session)
            return local.client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
        except (urllib3.exceptions.HTTPError, stripe.APIConnectionError):
            return False  # it is being killed

    until(is_paid, f"{session} is paid", within=PAID_WITHIN_S)


@pytest.fixture
def shop(target: Target) -> Shop:
    """The shop behind the target."""
    shop = Shop()
    target.behavior = shop.take
    return shop


def kill_during_payments(listening: RunningCli, stripe: LocalStripe, shop: Shop, kill: Callable[[], None]) -> None:
    def arrived(count: int) -> None:
        until(lambda: len(shop.paid) >= count, f"{count} payments at the shop", within=PAID_WITHIN_S)

    with listening, ThreadPoolExecutor(4) as buyers:
        sessions = [stripe.new_session() for _ in range(PAYMENTS)]
        payments = [buyers.submit(pay_with_retries, stripe, session) for session in sessions]
        try:
            arrived(PAYMENTS // 4)
            kill()
            arrived(PAYMENTS // 2)
            kill()
            for payment in payments:
                payment.result()
            arrived(PAYMENTS)
        finally:
            print(listening.output[-5000:])  # noqa: T201  # shown if the test fails
    assert sorted(shop.paid) == sorted(sessions)


def test_killing_the_emulator_loses_no_payment(own_cli: Cli, target: Target, shop: Shop) -> None:
    def kill() -> None:
        own_cli.stripe.stop(signal.SIGKILL)
        own_cli.stripe.start()

    # The bare CLI exits after six refused connections, and can hang if the connection breaks during many responses.
    kill_during_payments(own_cli.kept_alive(target.url, events=[PAID]), own_cli.stripe, shop, kill)


def test_killing_the_cli_loses_no_payment(own_cli: Cli, target: Target, shop: Shop) -> None:
    def kill() -> None:
        listening.stop(signal.SIGKILL)
        listening.start()

    listening = own_cli.listen("--forward-to", target.url, events=[PAID])
    kill_during_payments(listening, own_cli.stripe, shop, kill)
