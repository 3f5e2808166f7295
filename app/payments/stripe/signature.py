"""Verify that a webhook is from Stripe (Stripe: "Verify webhook signatures manually")."""

import json
import time
from collections.abc import Iterable
from typing import Any

import stripe

from app.payments.stripe.events import is_id

MAX_TYPE = 100  # characters
TOLERANCE = 300  # seconds, into the past and into the future


class InvalidWebhook(Exception):
    """Raised for a webhook that can't be trusted. `code` is stable; the message is the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def verified_event(body: bytes, header: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Return the event in `body`, whose bytes are signed with one of `secrets`.

    Raises InvalidWebhook for a missing, forged, stale or future signature, and for a body that is not an event.
    """
    try:
        text = body.decode("utf-8")
        header.encode("ascii")  # stripe-python compares signatures as ASCII
    except UnicodeError:
        raise InvalidWebhook("invalid_encoding", "The body is not UTF-8, or the signature is not ASCII.") from None
    if not any(_is_signed(text, header, secret) for secret in secrets):
        raise InvalidWebhook(
            "invalid_signature", "The Stripe-Signature header does not match this body and our secret."
        )
    _check_time(_timestamp(header))
    return _event(text)


def _is_signed(text: str, header: str, secret: str) -> bool:
    try:
        # Without a tolerance, because a wrong secret and a wrong time have different remedies.
        return bool(stripe.WebhookSignature.verify_header(text, header, secret))
    except stripe.SignatureVerificationError:
        return False


def _timestamp(header: str) -> int:
    # Read like stripe-python does; it has just been verified.
    return next(int(part.split("=")[1]) for part in header.split(",") if part.startswith("t="))


def _check_time(timestamp: int) -> None:
    """Reject a signature that is too old, which may be a replay, or from the future."""
    age = time.time() - timestamp
    if abs(age) > TOLERANCE:
        direction = "old" if age > 0 else "in the future"
        raise InvalidWebhook(
            "invalid_signature",
            f"The signature matches our secret, but its timestamp is {round(abs(age))} seconds {direction}; "
            f"{TOLERANCE} are allowed. Check this computer's clock.",
        )


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidWebhook("invalid_event", "The body is not JSON.") from None
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        raise InvalidWebhook("invalid_event", "The body is not a Stripe event.")
    names = (event.get("id"), event.get("type"), event["data"].get("object"))
    if not all(isinstance(name, kind) and name for name, kind in zip(names, (str, str, dict), strict=True)):
        raise InvalidWebhook("invalid_event", "The event has no id, type or object.")
    if not is_id(event["id"]) or not is_id(event["type"]) or len(event["type"]) > MAX_TYPE:
        raise InvalidWebhook("invalid_event", "The event's id or type is not in Stripe's format.")
    return event
