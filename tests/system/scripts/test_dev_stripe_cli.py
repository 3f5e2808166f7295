"""`./scripts/dev` with a test key and the official Stripe CLI; a separate emulator takes Stripe's place."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cli.local_stripe import KEY, LocalStripe
from tests.support.stack import Stack
from tests.support.suspended import suspended
from tests.system.scripts.processes import await_none_of, children
from tests.system.scripts.shop import await_status, check_out, pay

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(not shutil.which("stripe"), reason="no Stripe CLI: ./scripts/test cli fetches it"),
]

EXPIRED = "--> checkout.session.expired"


@pytest.fixture(scope="module")
def stripe() -> Iterator[LocalStripe]:
    """The emulator, reached over TCP by the app and over a Unix socket by the CLI."""
    with LocalStripe() as running:
        yield running


@pytest.fixture(scope="module")
def dev(stripe: LocalStripe) -> Iterator[Stack]:
    """A ready stack with a key, shared by all tests; the last one stops it."""
    env = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
    with Stack(env=env) as running:
        yield running


def test_an_event_from_the_cli_pays_an_order(dev: Stack, stripe: LocalStripe) -> None:
    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")
    assert "emulator started" not in dev.log


def test_the_secret_is_used_but_not_printed(dev: Stack) -> None:
    secret = (dev.data_dir / "webhook_secret").read_text().strip()
    assert re.fullmatch(r"whsec_\w+", secret)
    dev.wait_for_log("stripe   | Ready!")
    assert secret not in dev.log


def test_a_killed_cli_is_restarted_and_forwards_again(dev: Stack, stripe: LocalStripe) -> None:
    dev.wait_for_log("stripe   | Ready!")
    os.kill(dev.processes["stripe"], signal.SIGKILL)
    dev.wait_for_log("stripe started", count=2)
    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")


def test_a_stuck_cli_is_restarted_and_forwards_again(dev: Stack, stripe: LocalStripe) -> None:
    """The CLI waits forever if its connection breaks while more than ten of its responses are unsent."""
    dev.wait_for_log("stripe   | Ready!")
    large = {str(number): "x" * 500 for number in range(50)}  # more than the socket to the CLI holds
    sessions = [stripe.new_session(large) for _ in range(40)]
    expire = stripe.client.v1.checkout.sessions.expire
    starts = dev.log.count("stripe started")

    expire(sessions[0])
    dev.wait_for_log(EXPIRED)
    (first,) = re.findall(rf"{EXPIRED} \[(\w+)\]", dev.log)
    dev.wait_for_log(f"/stripe-webhook/ [{first}]")  # events of its type wait for this first response
    with ExitStack() as emulator:
        with suspended(*children(dev.processes["app"])):
            for each in sessions[1:]:
                expire(each)
            dev.wait_for_log(EXPIRED, count=len(sessions))
            emulator.enter_context(suspended(stripe.pid))
        dev.wait_for_log("stripe started", count=starts + 1)

    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")


def test_the_cli_ends_with_the_stack(dev: Stack) -> None:
    assert dev.stop() == 0
    await_none_of(dev)
