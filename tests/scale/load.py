"""Buyers who arrive at random times, whether earlier ones are done or not, and how their requests fared.

Each buyer checks out, and pays at the emulator, which delivers four events of each payment. Like a person, a buyer
repeats what failed; each failure is counted.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import urllib3

from app.payments.stripe.event_types import EVENT_TYPES
from benchmarks.open_loop import arrival_times
from tests.support.emulator import KEY

BUYERS_AT_ONCE = 128
# Those that the app needs, and three more of each payment: at 25 payments a second, all that Stripe allows an account.
ENABLED_EVENTS: list[Any] = [*EVENT_TYPES, "payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
PAID_WITHIN_S = 120.0
ENOUGH_S = 3600.0
T = TypeVar("T")


class Shop(Protocol):
    """What buyers need. They send `headers` with each request."""

    headers: dict[str, str]

    def connect(self, connections: int) -> urllib3.HTTPConnectionPool:
        """Return up to so many connections, without retries."""

    @property
    def emulator_url(self) -> str:
        """The emulator's base URL, without a trailing slash."""


@dataclass
class Measured:
    """The requests of one story. Times are in milliseconds; a failed request had a status of 400 or more, or none."""

    story: str
    seconds: float = 0.0
    checkouts: list[float] = field(default_factory=list)
    failed_checkouts: list[str] = field(default_factory=list)
    webhooks: list[float] = field(default_factory=list)
    failed_webhooks: list[str] = field(default_factory=list)
    failed_at: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        return [*self.failed_checkouts, *self.failed_webhooks]

    @property
    def explanation(self) -> str:
        """Each failed request, with its time."""
        return "\n".join(sorted(self.failed_at))

    def row(self) -> str:
        """Return a row of the table in docs/scaling.md."""
        columns = [self.story, f"{self.seconds:.0f}"]
        for times, failed in ((self.checkouts, self.failed_checkouts), (self.webhooks, self.failed_webhooks)):
            columns += [str(len(times) + len(failed)), str(len(failed)), f"{percentile(times, 0.99):.0f} ms"]
        return f"| {' | '.join(columns)} |"


def percentile(times: list[float], share: float) -> float:
    """Return the time that `share` of the requests needed at most; 0 without requests."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] if times else 0.0


class Buyers:
    """Context manager: buyers arrive inside it, `rate` a second. At its end, all of them have paid."""

    def __init__(self, shop: Shop, rate: float, story: str) -> None:
        self.shop, self.rate = shop, rate
        self.measured = Measured(story)
        self.orders: list[str] = []  # whose checkout got a 200
        self.gave_up: list[str] = []
        self._stopped = threading.Event()
        self._crowd = ThreadPoolExecutor(BUYERS_AT_ONCE)
        self._arrivals = threading.Thread(target=self._arrive, daemon=True)
        self._shop = shop.connect(BUYERS_AT_ONCE)
        self._stripe = urllib3.PoolManager(retries=False, timeout=30, maxsize=BUYERS_AT_ONCE)

    def __enter__(self) -> Self:
        self._began, self._began_at = time.monotonic(), time.time()
        self._arrivals.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._arrivals.join()
        self.measured.seconds = time.monotonic() - self._began
        self._crowd.shutdown(cancel_futures=kind is not None)
        self._shop.close()
        if not kind:
            self._count_deliveries()

    def _arrive(self) -> None:
        for moment in arrival_times(self.rate, ENOUGH_S):
            if self._stopped.wait(max(0.0, self._began + moment - time.monotonic())):
                return
            self._crowd.submit(self._buy, self._began + moment)

    def _buy(self, due: float) -> None:
        key = str(uuid.uuid4())
        body = {"customer_email": f"{key}@example.com"}
        try:
            promised = retry(lambda first: self._check_out(key, body, due if first else None))
            self.orders.append(promised["order_id"])
            session = str(promised["checkout_url"]).rpartition("/")[2].partition("#")[0]
            retry(lambda first: self._pay(session))
        except TimeoutError as error:
            self.gave_up.append(f"{key}: {error}")

    def _check_out(self, key: str, body: dict[str, str], due: float | None) -> Any:
        try:
            headers = {**self.shop.headers, "Idempotency-Key": key}
            answer = self._shop.request("POST", "/api/checkout/", json=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            self._fail(self.measured.failed_checkouts, "checkout", type(error).__name__, time.time())
            return None
        if answer.status != 200:
            reason = f"{answer.status}: {answer.data[:200]!r}"
            self._fail(self.measured.failed_checkouts, "checkout", reason, time.time())
            return None
        if due:
            self.measured.checkouts.append((time.monotonic() - due) * 1000)
        return answer.json()

    def _pay(self, session: str) -> bool:
        url = f"{self.shop.emulator_url}/v1/payment_pages/{session}/confirm"
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            answer = self._stripe.request_encode_body(
                "POST", url, {"payment_method": "pm_card_visa"}, headers, encode_multipart=False
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200 or (answer.status == 400 and b"complete" in answer.data)

    def _count_deliveries(self) -> None:
        """Read from the emulator how the webhooks since the start fared."""
        url = f"{self.shop.emulator_url}/_emulator/deliveries?limit=100000"
        for delivery in self._stripe.request("GET", url).json()["data"]:
            for attempt in delivery["attempts"]:
                if attempt["at"] >= self._began_at:
                    if attempt["status"] and attempt["status"] < 300:
                        self.measured.webhooks.append(attempt["duration_ms"])
                    else:
                        reason = str(attempt["error"] or attempt["status"])
                        self._fail(self.measured.failed_webhooks, "webhook", reason, attempt["at"])

    def _fail(self, failed: list[str], what: str, reason: str, at: float) -> None:
        failed.append(reason)
        self.measured.failed_at.append(f"{datetime.fromtimestamp(at, UTC):%H:%M:%S} {what}: {reason}")


def retry(act: Callable[[bool], T]) -> T:
    """Call `act` until it returns a true value, and return that. It is told whether this is the first attempt."""
    deadline = time.monotonic() + PAID_WITHIN_S
    first = True
    while not (result := act(first)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no success within {PAID_WITHIN_S:g} s")
        first = False
        time.sleep(0.5)
    return result


def table(stories: list[Measured]) -> str:
    """Return the table for docs/scaling.md, and how requests failed."""
    head = ["what happens", "seconds", "checkouts", "failed", "p99", "webhooks", "failed", "p99"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(each.row() for each in stories)]
    return "\n".join([*lines, *(f"{each.story}: {Counter(each.failed)}" for each in stories if each.failed)])
