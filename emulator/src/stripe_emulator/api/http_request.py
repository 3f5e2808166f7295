"""An API request as received."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from stripe_emulator.api.form_encoding import decode
from stripe_emulator.errors import invalid_request
from stripe_emulator.faults.rules import BadFaultError, from_header
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class HttpRequest:
    """An API request. The names of `headers` are in lower case; `error` is the response's, for the log."""

    method: str
    path: str
    headers: dict[str, str]
    query: str = ""
    body: bytes = b""
    ip_address: str = ""
    id: str = field(default_factory=lambda: new_id("req", 14))
    started: float = field(default_factory=time.perf_counter)
    api_version: str = ""
    api_key: str = ""
    error: JSON | None = None

    @property
    def key(self) -> str | None:
        """Return the idempotency key; only POST has one."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None


def header_faults(request: HttpRequest) -> tuple[JSON, ...]:
    """Return the faults in the request's own header. Raises `StripeError`."""
    text = request.headers.get("stripe-emulator-fault")
    if text is None:
        return ()
    try:
        return from_header(text)
    except BadFaultError as error:
        raise invalid_request(str(error)) from error


def parameters(request: HttpRequest) -> JSON:
    """Decode the query, and the body unless it is a GET. Raises `StripeError`."""
    params = decode(request.query) if request.query else {}
    if not request.body or request.method == "GET":
        return params
    if not request.headers.get("content-type", _FORM).startswith(_FORM):
        raise invalid_request(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have "
            "any questions, we can help at https://support.stripe.com/."
        )
    return params | decode(request.body.decode("utf-8", "replace"))
