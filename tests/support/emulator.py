"""Run the emulator as a separate process for tests."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import stripe
import urllib3

from tests.support.stack import reserve_port
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "sk_test_tests"


class Emulator:
    """Context manager that runs `python -m stripe_emulator`, by default on a free port and in memory."""

    def __init__(self, *, port: int = 0, data: Path | None = None) -> None:
        self._reservation = None if port else reserve_port()
        self.port: int = self._reservation.getsockname()[1] if self._reservation else port
        self.url = f"http://127.0.0.1:{self.port}"
        self._data = ["--data", str(data)] if data else []
        self._http = urllib3.PoolManager(retries=False)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "stripe_emulator", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen([*command, *self._data], cwd=ROOT)
        until(self._is_up, "the emulator is up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        if self._reservation:
            self._reservation.close()

    @property
    def stripe(self) -> stripe.StripeClient:
        """The official client, pointed at this emulator."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call `/_emulator/PATH` and return its JSON."""
        answer = self._http.request(method, f"{self.url}/_emulator/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def reset(self) -> None:
        """Delete all data of the emulator."""
        self.control("POST", "reset", {})

    def pay(self, session_id: str, *, card: str = "pm_card_visa") -> int:
        """Pay an open session with a test PaymentMethod, as a buyer does. Return the HTTP status."""
        api = f"{self.url}/v1/payment_pages/{session_id}/confirm"
        fields = {"payment_method": card}
        headers = {"Authorization": f"Bearer {KEY}"}
        return self._http.request_encode_body("POST", api, fields, headers, encode_multipart=False).status

    def refunds_of(self, payment_intent_id: str) -> list[int]:
        """Return the amounts of a payment's refunds in minor units, failed ones included, newest first."""
        return [refund.amount for refund in self.stripe.v1.refunds.list({"payment_intent": payment_intent_id}).data]

    def turn_clock(self, seconds: int) -> None:
        """Turn the emulator's clock forward; whatever is due by then happens before this returns."""
        self.control("POST", "clock", {"advance": seconds})

    def _is_up(self) -> bool:
        assert self._process.poll() is None, "the emulator ended"
        try:
            return self._http.request("GET", f"{self.url}/_emulator/health", timeout=1).status == 200
        except urllib3.exceptions.HTTPError:
            return False
