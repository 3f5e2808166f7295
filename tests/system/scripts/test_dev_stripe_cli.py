"""`./scripts/dev` with a test key and the official Stripe CLI; a separate emulator takes Stripe's place."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from tests.support.stack import ROOT, Stack, clean_environment, reserve_port
from tests.support.waiting import until
from tests.system.scripts.processes import await_none_of
from tests.system.scripts.shop import await_status, check_out, pay

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(not shutil.which("stripe"), reason="no Stripe CLI: ./scripts/test cli fetches it"),
]

KEY = "sk_test_abcdefgh12345678"


@dataclass(frozen=True)
class FakeStripe:
    """The emulator's addresses."""

    url: str
    socket: Path


@pytest.fixture(scope="module")
def stripe() -> Iterator[FakeStripe]:
    """The emulator, reached over TCP by the app and over a Unix socket by the CLI."""
    folder = Path(tempfile.mkdtemp(prefix="stripe-", dir="/tmp"))  # a socket's path must be short
    with reserve_port() as reservation:
        port = reservation.getsockname()[1]
        options = ["--port", str(port), "--uds", str(folder / "api.sock"), "--quiet"]
        command = [sys.executable, "-m", "stripe_emulator", *options]
        process = subprocess.Popen(command, cwd=ROOT, env=clean_environment())
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/_emulator/health"), "the emulator responds")
            yield FakeStripe(f"http://127.0.0.1:{port}", folder / "api.sock")
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder)


def answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.fixture(scope="module")
def dev(stripe: FakeStripe) -> Iterator[Stack]:
    """A ready stack with a key, shared by all tests; the last one stops it."""
    env = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
    with Stack(env=env) as running:
        yield running


def test_an_event_from_the_cli_pays_an_order(dev: Stack, stripe: FakeStripe) -> None:
    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")
    assert "emulator started" not in dev.log


def test_the_secret_is_used_but_not_printed(dev: Stack) -> None:
    secret = (dev.data_dir / "webhook_secret").read_text().strip()
    assert re.fullmatch(r"whsec_\w+", secret)
    dev.wait_for_log("stripe   | Ready!")
    assert secret not in dev.log


def test_a_killed_cli_is_restarted_and_forwards_again(dev: Stack, stripe: FakeStripe) -> None:
    dev.wait_for_log("stripe   | Ready!")
    os.kill(dev.processes["stripe"], signal.SIGKILL)
    dev.wait_for_log("stripe started", count=2)
    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")


def test_the_cli_ends_with_the_stack(dev: Stack) -> None:
    assert dev.stop() == 0
    await_none_of(dev)
