"""Errors in Stripe's shape ("API reference: Errors"): raised anywhere, rendered in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_emulator.jsontext import JSON

_DOCS = "https://stripe.com/docs/error-codes/"
_HELP = "we can help at https://support.stripe.com/."


class StripeError(Exception):
    """A response other than 200. `stored` tells whether it is stored under the idempotency key.

    "Idempotent requests": a response is stored only if the endpoint began to execute, so failed validation,
    failed authentication and rate limits are not.
    """

    def __init__(self, status: int, error: JSON, *, stored: bool = False, headers: JSON | None = None) -> None:
        super().__init__(error.get("message", ""))
        self.status = status
        self.error = error
        self.stored = stored
        self.headers = headers or {}
        #: Whether the emulator lacks what was requested: the API then adds the address of the list of what it supports.
        self.missing = False
        #: The message before `values` fill it in: pages translate it first.
        self.template = str(error.get("message", ""))
        self.values: Mapping[str, object] = {}

    def body(self) -> JSON:
        """Return the response's JSON."""
        return {"error": self.error}


def _error(kind: str, message: str, code: str | None, param: str | None, extra: JSON) -> JSON:
    error: JSON = {}
    if code:
        error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
    error["message"] = message
    if param:
        error["param"] = param
    return error | extra | {"type": kind}


def invalid_request(
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    status: int = 400,
    stored: bool = False,
    values: Mapping[str, object] | None = None,
    **extra: Any,
) -> StripeError:
    """Return an `invalid_request_error`. `values` fill in the message."""
    full = message.format(**values) if values else message
    error = StripeError(status, _error("invalid_request_error", full, code, param, extra), stored=stored)
    error.template, error.values = message, values or {}
    return error


def missing_resource(kind: str, wanted: str, *, param: str, in_path: bool) -> StripeError:
    """Return `resource_missing`: 404 if the path names the object, 400 if a parameter does."""
    status = 404 if in_path else 400
    message = f"No such {kind}: '{wanted}'"
    return invalid_request(message, param=param, code="resource_missing", status=status, stored=in_path)


def missing_param(name: str) -> StripeError:
    """Return `parameter_missing`. `name` is the whole path of the parameter, e.g. `card[number]`."""
    return invalid_request(f"Missing required param: {name}.", param=name, code="parameter_missing")


def not_supported(what: str, *, param: str | None = None, status: int = 400, code: str | None = None) -> StripeError:
    """Return the error for what Stripe has and the emulator lacks."""
    error = invalid_request(
        f"The local Stripe emulator does not support {what}.", param=param, status=status, code=code
    )
    error.missing = True
    return error


def unknown_url(method: str, path: str) -> StripeError:
    """Return the 404 for a path without a route."""
    see = f"Please see https://stripe.com/docs or {_HELP}"
    return invalid_request(f"Unrecognized request URL ({method}: {path}). {see}", status=404)


def unauthorized(message: str, code: str | None = None) -> StripeError:
    """Return a 401, with the header that makes clients send Basic credentials."""
    error = _error("invalid_request_error", message, code, None, {})
    return StripeError(401, error, headers={"WWW-Authenticate": 'Basic realm="Stripe"'})


def card_error(status: int, error: JSON) -> StripeError:
    """Return a 402. Idempotency keys store it: a repeat must not charge again."""
    return StripeError(status, error | {"type": "card_error"}, stored=True)


def idempotency_error(message: str, *, status: int = 400, code: str | None = None) -> StripeError:
    """Return the error for a key that was used for another request, or is in use."""
    return StripeError(status, _error("idempotency_error", message, code, None, {}))


def rate_limited() -> StripeError:
    """Return a 429, as Stripe's rate limiter does."""
    message = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
    error = _error("invalid_request_error", message, "rate_limit", None, {})
    return StripeError(429, error, headers={"Retry-After": "1", "Stripe-Rate-Limited-Reason": "global-rate"})


def server_error() -> StripeError:
    """Return a 500, as Stripe does. Stored: v1 replays even these under an idempotency key."""
    message = f"Sorry! There was an error while talking to one of our backends. {_HELP.capitalize()}"
    return StripeError(500, {"message": message, "type": "api_error"}, stored=True)
