"""Both minimums in one server: webhooks as in LIMIT-A, checkouts as in the bare callable with two commits."""

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.peers import limit_a, limit_checkout


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond to a webhook or a checkout."""
    peer = limit_a if environ["PATH_INFO"] == "/stripe-webhook/" else limit_checkout
    return peer.application(environ, start_response)
