"""The HTTP client for stripe-python: urllib3's keep-alive connections, and a timeout for the whole call."""

import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import stripe
import urllib3

CONNECT_TIMEOUT = 3.0  # seconds
READ_TIMEOUT = 15.0  # seconds; Stripe creates a session in well under one
FIRST_RETRY_DELAY = 0.5  # seconds before the first retry; doubles, with jitter
POOL_SIZE = 256  # connections kept per host; more are opened when needed and then dropped
# Retried: rate limits, an idempotency key that another call is still using, failures at Stripe.
RETRYABLE = frozenset({409, 429, 500, 502, 503, 504})
# Stripe's own list, or the machine's if a proxy intercepts TLS.
CERTIFICATES = os.environ.get("SSL_CERT_FILE") or stripe.ca_bundle_path

Response = tuple[bytes, int, Mapping[str, str]]


@dataclass(frozen=True)
class Limits:
    """A call's total timeout in seconds, and its number of retries."""

    seconds: float
    retries: int


NORMAL = Limits(seconds=20, retries=3)
# For calls that can be made again later, while a person waits for a response.
BRIEF = Limits(seconds=5, retries=0)


class PooledClient(stripe.HTTPClient):
    """Send stripe-python's requests through urllib3, on connections that all threads share.

    Retries happen here: stripe-python's have no total timeout, ignore Retry-After and never repeat a 429.
    """

    name = "urllib3"

    def __init__(self, limits: Limits = NORMAL) -> None:
        super().__init__()
        self._limits = limits
        self._pool = urllib3.PoolManager(maxsize=POOL_SIZE, retries=False, ca_certs=CERTIFICATES)

    def request(  # type: ignore[override]  # bytes, as stripe-python's own clients do
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> Response:
        """Send one request, with retries. Raises stripe.APIConnectionError if there is no response."""
        deadline = time.monotonic() + self._limits.seconds
        for retries_left in range(self._limits.retries, -1, -1):
            response = self._attempt(method, url, headers, post_data, deadline)
            pause = _pause(method, self._limits.retries - retries_left, response)
            if pause is None or not retries_left or time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
        if isinstance(response, urllib3.exceptions.HTTPError):
            message = f"No response from Stripe: {response}."
            raise stripe.APIConnectionError(message) from response  # type: ignore[no-untyped-call]
        return response

    def _attempt(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None, deadline: float
    ) -> Response | urllib3.exceptions.HTTPError:
        left = max(deadline - time.monotonic(), 0.1)
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, left), read=min(READ_TIMEOUT, left))
        try:
            response = self._pool.request(
                method.upper(), url, headers=headers, body=body, timeout=timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            return error
        return response.data, response.status, response.headers

    def close(self) -> None:
        """Close all idle connections."""
        self._pool.clear()


def retry_after(headers: Any) -> float | None:
    """Return the seconds that a Retry-After header asks for."""
    value = str((headers or {}).get("Retry-After", ""))
    return float(value) if value.isdecimal() and len(value) < 6 else None


def is_stored(method: str, status: int, headers: Any) -> bool:
    """Return whether Stripe stores this failure under the idempotency key: it then repeats it for a day."""
    replayed = (headers or {}).get("Idempotent-Replayed") == "true"
    return method.upper() == "POST" and (status == 500 or (status > 500 and replayed))


def _pause(method: str, retry: int, response: Response | urllib3.exceptions.HTTPError) -> float | None:
    """Return how long to wait before the next attempt; None if a retry is useless."""
    # Jitter, so that callers that failed together don't retry together.
    pause: float = FIRST_RETRY_DELAY * 2**retry * random.uniform(0.5, 1.5)  # noqa: S311
    if isinstance(response, urllib3.exceptions.HTTPError):
        return None if isinstance(response, urllib3.exceptions.SSLError) else pause
    _, status, headers = response
    # Stripe's advice, if it gives one ("Low-level error handling").
    advice = {"true": True, "false": False}.get(headers.get("Stripe-Should-Retry", ""), status in RETRYABLE)
    if not advice or is_stored(method, status, headers):
        return None
    return max(pause, retry_after(headers) or 0.0)
