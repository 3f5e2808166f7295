"""The HTTP client under stripe-python: one pool of kept-alive connections for all threads."""

from collections.abc import Mapping
from typing import Any, NoReturn

import stripe
import urllib3

CONNECT_TIMEOUT = 3.0  # seconds
READ_TIMEOUT = 15.0  # seconds; Stripe answers a session in well under one
POOL_SIZE = 128  # connections kept per host; more are opened when needed and then dropped


class PooledClient(stripe.HTTPClient):
    """Sends stripe-python's requests through urllib3; stripe-python does the retries."""

    name = "urllib3"

    def __init__(self) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=POOL_SIZE,
            ca_certs=stripe.ca_bundle_path,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
            retries=False,
        )

    def request(  # type: ignore[override]  # bytes, as stripe-python's own clients do
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request; raises stripe.APIConnectionError when no answer came."""
        try:
            answer = self._pool.request(method, url, headers=dict(headers or {}), body=post_data, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            self._refuse(error)
        return answer.data, answer.status, answer.headers

    def _refuse(self, error: urllib3.exceptions.HTTPError) -> NoReturn:
        certificate = isinstance(error, urllib3.exceptions.SSLError)
        message = f"No answer from Stripe ({type(error).__name__})."
        raise stripe.APIConnectionError(message, should_retry=not certificate) from error  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close every kept connection."""
        self._pool.clear()
