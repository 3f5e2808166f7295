"""The one place that calls Stripe (or the local emulator, while no key is set)."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import stripe
from django.conf import settings

from app.payments.problems import Problem
from app.payments.stripe_http import PooledClient

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

# Any test key does for the emulator. It must be one that the real Stripe would refuse.
EMULATOR_KEY = "sk_test_emulator"
MAX_RETRIES = 2
RETRY_AFTER = 5  # seconds; what callers are told when Stripe can't be reached


@cache
def client() -> stripe.StripeClient:
    """The Stripe client of this process, pinned to the API version that stripe-python was made for."""
    stripe.enable_telemetry = False
    base = settings.STRIPE_API_BASE if settings.STRIPE_SECRET_KEY else settings.STRIPE_EMULATOR_URL
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY or EMULATOR_KEY,
        base_addresses={"api": base} if base else {},
        max_network_retries=MAX_RETRIES,
        http_client=PooledClient(),
    )


def create_session(params: "SessionCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Create a Checkout Session (Stripe: "Create a Checkout Session"); the same key gives the same session.

    Raises Problem: 502 when Stripe refuses, 503 when it can't be reached.
    """
    try:
        session = client().v1.checkout.sessions.create(params, {"idempotency_key": idempotency_key})
    except stripe.StripeError as error:
        raise problem_of(error) from error
    return session.to_dict()


def retrieve_session(session_id: str) -> dict[str, Any]:
    """The Checkout Session as Stripe has it now, with PaymentIntent and charge; raises like `create_session`."""
    try:
        session = client().v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    except stripe.StripeError as error:
        raise problem_of(error) from error
    return session.to_dict()


def expire_session(session_id: str) -> None:
    """Close an open Checkout Session (Stripe: "Expire a Checkout Session"); raises like `create_session`."""
    try:
        client().v1.checkout.sessions.expire(session_id)
    except stripe.StripeError as error:
        raise problem_of(error) from error


def probe() -> str:
    """Ask for what the app needs the key for, sessions and events; Stripe's Date header. Raises like
    `create_session`, with stripe-python's error as the cause."""
    try:
        client().v1.checkout.sessions.list({"limit": 1})
        events = client().v1.events.list({"limit": 1})
    except stripe.StripeError as error:
        raise problem_of(error) from error
    answer = events.last_response
    return answer.headers.get("Date", "") if answer and answer.headers else ""


def create_refund(params: "RefundCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Refund a payment, in full or in part (Stripe: "Create a refund"); raises Problem like `create_session`."""
    try:
        refund = client().v1.refunds.create(params, {"idempotency_key": idempotency_key})
    except stripe.StripeError as error:
        raise problem_of(error) from error
    return refund.to_dict()


def list_events(types: Sequence[str], *, since: int) -> Iterator[dict[str, Any]]:
    """Stripe's events of these types created at or after `since` (seconds), newest first, page by page; at most 30
    days back (Stripe: "List all events"). Raises Problem like `create_session`."""
    try:
        events = client().v1.events.list({"types": list(types), "created": {"gte": since}, "limit": 100})
        for event in events.auto_paging_iter():
            yield event.to_dict()
    except stripe.StripeError as error:
        raise problem_of(error) from error


def problem_of(error: stripe.StripeError) -> Problem:
    """What a caller of ours is told about an error of Stripe's."""
    if isinstance(error, stripe.APIConnectionError):
        return Problem(
            503,
            "stripe_unreachable",
            "Stripe can't be reached. Nothing was charged. Try again with the same Idempotency-Key.",
            retry_after=RETRY_AFTER,
        )
    if isinstance(error, stripe.RateLimitError) or (error.http_status or 0) >= 500:
        return Problem(
            503,
            "stripe_unavailable",
            "Stripe is busy or failing. Nothing was charged. Try again with the same Idempotency-Key.",
            retry_after=RETRY_AFTER,
            stripe_request_id=error.request_id,
        )
    detail = error.user_message or "Stripe refused the request."
    if isinstance(error, stripe.AuthenticationError):
        # Stripe's own message shows part of the key.
        detail = "Stripe does not accept the secret key. Check STRIPE_SECRET_KEY in .env."
    return Problem(502, "stripe_refused", detail, stripe_request_id=error.request_id, stripe_code=error.code or None)
