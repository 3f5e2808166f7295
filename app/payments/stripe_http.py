"""The HTTP client under stripe-python: kept-alive connections, and a limit to how long a call may take."""

import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import stripe

from app.payments.curl_pool import Answer, CurlPool, NoAnswerError

CONNECT_TIMEOUT = 3.0  # seconds
ANSWER_TIMEOUT = 15.0  # seconds; Stripe answers a session in well under one
# Stripe's own list, or the machine's where a proxy looks into TLS.
CERTIFICATES = os.environ.get("SSL_CERT_FILE") or stripe.ca_bundle_path
FIRST_PAUSE = 0.5  # seconds before the first retry; doubles, with jitter
POOL_SIZE = 256  # connections kept per host; more are opened when needed and then dropped
# Worth another try: rate limits, an idempotency key in use by a call that is still going on, failures of Stripe's.
PASSING = frozenset({409, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Patience:
    """How long a call may take in all, and how often it is tried again."""

    seconds: float
    retries: int


PATIENT = Patience(seconds=20, retries=3)
# For questions that can as well be asked again later, while somebody waits for another answer.
BRIEF = Patience(seconds=5, retries=0)


class PooledClient(stripe.HTTPClient):
    """Sends stripe-python's requests through libcurl.

    It does the retries itself: stripe-python's have no limit in time, ignore Retry-After and never repeat a 429.
    """

    name = "libcurl"

    def __init__(self, patience: Patience = PATIENT) -> None:
        super().__init__()
        self._patience = patience
        self._pool = CurlPool(size=POOL_SIZE, certificates=CERTIFICATES, connect_timeout=CONNECT_TIMEOUT)

    def request(  # type: ignore[override]  # bytes, as stripe-python's own clients do
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> Answer:
        """Send one request, again if that may help; raises stripe.APIConnectionError when no answer came."""
        deadline = time.monotonic() + self._patience.seconds
        for retries_left in range(self._patience.retries, -1, -1):
            answer = self._try(method, url, headers or {}, post_data, deadline)
            pause = _pause(method, self._patience.retries - retries_left, answer)
            if pause is None or not retries_left or time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
        return self._refuse(answer) if isinstance(answer, NoAnswerError) else answer

    def _try(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, deadline: float
    ) -> Answer | NoAnswerError:
        left = max(deadline - time.monotonic(), 0.1)
        try:
            return self._pool.send(method, url, headers, body, timeout=min(ANSWER_TIMEOUT, left))
        except NoAnswerError as error:
            return error

    def _refuse(self, error: Exception) -> NoReturn:
        message = f"No answer from Stripe: {error}."
        raise stripe.APIConnectionError(message) from error  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close every kept connection."""
        self._pool.close()


def retry_after(headers: Any) -> float | None:
    """The seconds that a Retry-After header asks for."""
    value = str((headers or {}).get("Retry-After", ""))
    return float(value) if value.isdecimal() and len(value) < 6 else None


def is_kept(method: str, status: int, headers: Any) -> bool:
    """Whether Stripe keeps this failure under the idempotency key: the same call gets the same answer for a day."""
    replayed = (headers or {}).get("Idempotent-Replayed") == "true"
    return method.upper() == "POST" and (status == 500 or (status > 500 and replayed))


def _pause(method: str, retry: int, answer: Answer | NoAnswerError) -> float | None:
    """How long to wait before the next try; None when it would be of no use."""
    # Jitter, so that many callers that failed together don't come back together.
    pause: float = FIRST_PAUSE * 2**retry * random.uniform(0.5, 1.5)  # noqa: S311
    if isinstance(answer, NoAnswerError):
        return None if answer.untrusted else pause
    _, status, headers = answer
    advice = headers.get("Stripe-Should-Retry")
    if advice == "false" or (status not in PASSING and advice != "true"):
        return None
    if is_kept(method, status, headers):
        return None
    return max(pause, retry_after(headers) or 0.0)
