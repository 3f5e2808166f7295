"""The HTTP client of the console, the doctor and the tunnels: no redirects, no retries, short timeouts."""

from collections.abc import Mapping
from typing import Any

import urllib3

SKIP_WARNING = {"ngrok-skip-browser-warning": "1"}
TIMEOUT = urllib3.Timeout(connect=4, read=10)  # seconds

_pool = urllib3.PoolManager(maxsize=32, retries=False)


class NoResponse(Exception):
    """Raised when no response arrives; the message is the reason."""


# The reason by a part of urllib3's error text, the most specific first.
REASONS = {
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "NameResolutionError": "its name can't be resolved",
    "refused": "nothing is listening there",
    "timed out": "the request timed out",
    "unreachable": "its network is unreachable",
    "SSLError": "the TLS handshake failed",
}


def send(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: urllib3.Timeout = TIMEOUT,
    **options: Any,
) -> urllib3.BaseHTTPResponse:
    """Send one request; `options` are urllib3's, like `json`. Raises NoResponse."""
    try:
        return _pool.request(method, url, headers=dict(headers or {}), redirect=False, timeout=timeout, **options)
    except urllib3.exceptions.HTTPError as error:
        text = f"{type(error).__name__} {error}"
        reason = next((words for sign, words in REASONS.items() if sign in text), type(error).__name__)
        raise NoResponse(reason) from error
