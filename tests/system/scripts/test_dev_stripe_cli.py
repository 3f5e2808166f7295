"""`./scripts/dev` with a test key and the official Stripe CLI; a separate emulator takes Stripe's place."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.support.stack import ROOT, Stack, clean_environment, reserve_port
from tests.support.waiting import until
from tests.system.scripts.processes import await_none_of, children
from tests.system.scripts.shop import await_status, check_out, http, pay

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(not shutil.which("stripe"), reason="no Stripe CLI: ./scripts/test cli fetches it"),
]

KEY = "sk_test_abcdefgh12345678"
EXPIRED = "--> checkout.session.expired"


@dataclass(frozen=True)
class FakeStripe:
    """The emulator's addresses and process."""

    url: str
    socket: Path
    pid: int

    def post(self, path: str, **fields: str) -> Any:
        """Call the API. Return the JSON."""
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = http.request("POST", f"{self.url}/v1/{path}", headers=headers, fields=fields, encode_multipart=False)
        assert answer.status == 200, answer.data
        return answer.json()


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
            yield FakeStripe(f"http://127.0.0.1:{port}", folder / "api.sock", process.pid)
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


def test_a_stuck_cli_is_restarted_and_forwards_again(dev: Stack, stripe: FakeStripe) -> None:
    """The CLI waits forever if its connection breaks while more than ten of its responses are unsent."""
    dev.wait_for_log("stripe   | Ready!")
    large = {f"metadata[{number}]": "x" * 500 for number in range(50)}  # more than the socket to the CLI holds
    session = {"mode": "payment", "success_url": "https://shop.test/", "line_items[0][quantity]": "1"} | large
    session |= {"line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "2000"}
    session |= {"line_items[0][price_data][product_data][name]": "A"}
    sessions = [stripe.post("checkout/sessions", **session)["id"] for _ in range(40)]
    starts = dev.log.count("stripe started")

    stripe.post(f"checkout/sessions/{sessions[0]}/expire")
    dev.wait_for_log(EXPIRED)
    (first,) = re.findall(rf"{EXPIRED} \[(\w+)\]", dev.log)
    dev.wait_for_log(f"/stripe-webhook/ [{first}]")  # events of its type wait for this first response
    with ExitStack() as emulator:
        with suspended(*children(dev.processes["app"])):
            for each in sessions[1:]:
                stripe.post(f"checkout/sessions/{each}/expire")
            dev.wait_for_log(EXPIRED, count=len(sessions))
            emulator.enter_context(suspended(stripe.pid))
        dev.wait_for_log("stripe started", count=starts + 1)

    order = check_out(dev)
    pay(stripe.url, dev, order)
    await_status(dev, order, "paid")


@contextmanager
def suspended(*pids: int) -> Iterator[None]:
    """Suspend the processes; they keep their connections."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_the_cli_ends_with_the_stack(dev: Stack) -> None:
    assert dev.stop() == 0
    await_none_of(dev)
