"""Run the emulator as a process that can be killed and restarted, over TCP and a Unix socket."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import stripe
import urllib3

from app.devstack.dev.processes.parent_death import die_with
from tests.cli.installed import ROOT
from tests.support.stack import clean_environment, reserve_port
from tests.support.waiting import until

KEY = "sk_test_abcdefgh12345678"


class LocalStripe:
    """Context manager that runs the emulator; its state is kept in a file across restarts."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        self._reservation = reserve_port()
        self.url = f"http://127.0.0.1:{self._reservation.getsockname()[1]}"
        self._folder = Path(tempfile.mkdtemp(prefix="stripe-", dir="/tmp"))  # a socket's path must be short
        self.socket = self._folder / "api.sock"
        self._options = options
        self._http = urllib3.PoolManager(retries=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._reservation.close()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start the emulator and wait until it responds."""
        port = self.url.rpartition(":")[2]
        where = ["--port", port, "--uds", str(self.socket), "--data", str(self._folder / "state.db")]
        command = [sys.executable, "-m", "stripe_emulator", *where, "--quiet", *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), preexec_fn=die_with(os.getpid()))
        until(self._answers, "the emulator responds")

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, "the emulator ended"
        try:
            return self._http.request("GET", f"{self.url}/_emulator/health", timeout=1).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the emulator, gracefully by default."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    @property
    def pid(self) -> int:
        """The pid of the running emulator."""
        assert self._process
        return self._process.pid

    def forget(self) -> None:
        """Delete the state of a stopped emulator."""
        for file in self._folder.glob("state.db*"):
            file.unlink()

    @property
    def client(self) -> stripe.StripeClient:
        """The official Python client, pointed at this emulator."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url})

    def call(self, method: str, path: str, **fields: str) -> tuple[int, Any]:
        """Call the API without a client. Return status and JSON."""
        headers = {"Authorization": f"Bearer {KEY}"}
        options: dict[str, Any] = {"encode_multipart": False} if method == "POST" else {}
        answer = self._http.request(method, self.url + path, fields=fields, headers=headers, **options)
        return answer.status, answer.json()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call `/_emulator/PATH` and return its JSON."""
        answer = self._http.request(method, f"{self.url}/_emulator/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json()

    def empty(self) -> None:
        """Delete everything, including the webhook endpoints, which a reset keeps."""
        self.control("POST", "reset", {})
        for endpoint in self.client.v1.webhook_endpoints.list({"limit": 100}).data:
            self.client.v1.webhook_endpoints.delete(endpoint.id)

    def new_session(self, metadata: dict[str, str] | None = None) -> str:
        """Create an open Checkout Session of 20.00 USD. Return its id."""
        session = self.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [
                    {
                        "price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "A"}},
                        "quantity": 1,
                    }
                ],
                "success_url": "https://shop.test/",
                "metadata": metadata or {},
            }
        )
        return session.id

    def pay(self, session: str, card: str = "pm_card_visa") -> int:
        """Pay like the hosted page. Return the response's status."""
        return self.call("POST", f"/v1/payment_pages/{session}/confirm", payment_method=card)[0]
