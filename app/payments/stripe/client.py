"""The one place that calls Stripe (or the local emulator, while no key is set)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, cast

import stripe
from django.conf import settings

from app.payments.stripe.events import id_of
from app.payments.stripe.http import NORMAL, Limits, PooledClient, is_stored, retry_after
from app.web.problems import Problem

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

# The emulator accepts any test key. This one is invalid at the real Stripe.
EMULATOR_KEY = "sk_test_emulator"
RETRY_AFTER = 5  # seconds; the Retry-After of our response when Stripe can't be reached
MAX_RETRY_AFTER = 120  # seconds
PAGE_SIZE = 100  # objects; Stripe's maximum
# Where to retrieve what belongs to a payment, by the prefix of its id.
PARTS_OF_A_PAYMENT = {
    **dict.fromkeys(("ch", "py"), "charges"),
    **dict.fromkeys(("re", "pyr"), "refunds"),
    **dict.fromkeys(("du", "dp"), "disputes"),
}
# Stripe's own messages contain part of the key and the account, which buyers must not see. The doctor shows them.
KEY_ERRORS: dict[type[stripe.StripeError], str] = {
    stripe.AuthenticationError: "Stripe does not accept the secret key. Check STRIPE_SECRET_KEY in .env.",
    stripe.PermissionError: "The restricted key lacks a permission. Run ./scripts/doctor to see which one.",
}
# The session's parameters that our API's callers choose and only Stripe can validate, with the code of our error.
CALLER_PARAMS = {"customer_email": "invalid_customer_email"}


class KeySpentError(Problem):
    """Raised if Stripe repeats this error for the idempotency key for a day: the next attempt needs a new key."""


@cache
def client(limits: Limits = NORMAL) -> stripe.StripeClient:
    """Return the Stripe client of this process, pinned to the API version that stripe-python was made for."""
    stripe.enable_telemetry = False
    base = settings.STRIPE_API_BASE if settings.STRIPE_SECRET_KEY else settings.STRIPE_EMULATOR_URL
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY or EMULATOR_KEY,
        base_addresses={"api": base} if base else {},
        max_network_retries=0,
        http_client=PooledClient(limits),
    )


@cache
def calls_left(limits: Limits) -> BoundedSemaphore:
    """Return the semaphore that limits concurrent calls to Stripe, so that some threads stay free for webhooks."""
    share = 1 if limits is NORMAL else 4
    return BoundedSemaphore(max(1, settings.STRIPE_CALLS_AT_ONCE // share))


@contextmanager
def calling(limits: Limits = NORMAL) -> Iterator[stripe.StripeClient]:
    """Yield the client for one call.

    Raises Problem: 503 if too many calls are in progress or Stripe can't be reached; 502 if Stripe rejects the call;
    400 if Stripe rejects a value from our API's caller.
    """
    left = calls_left(limits)
    if not left.acquire(blocking=False):
        raise Problem(
            503,
            "busy",
            "Too many calls are waiting for Stripe. Try again in a second.",
            retry_after=1,
        )
    try:
        yield client(limits)
    except stripe.StripeError as error:
        raise problem_of(error) from error
    finally:
        left.release()


def create_session(params: "SessionCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Create a Checkout Session (Stripe: "Create a Checkout Session"); the same key returns the same session.

    Raises Problem like `calling`, and KeySpentError if the next attempt needs a new key.
    """
    with calling() as stripe_client:
        # Raw: building stripe-python's objects takes twice as long as the rest of the call.
        response = stripe_client.raw_request(
            "post", "/v1/checkout/sessions", idempotency_key=idempotency_key, **cast(dict[str, Any], params)
        )
    session: dict[str, Any] = response.data
    return session


def retrieve_session(session_id: str, *, limits: Limits = NORMAL) -> dict[str, Any]:
    """Return the Checkout Session, with its PaymentIntent and charge; raises like `calling`."""
    with calling(limits) as stripe_client:
        expand = ["payment_intent.latest_charge"]
        return stripe_client.v1.checkout.sessions.retrieve(session_id, {"expand": expand}).to_dict()


def list_line_items(session_id: str) -> list[dict[str, Any]]:
    """Return the lines of a Checkout Session as they were bought, with their products; raises like `calling`."""
    with calling() as stripe_client:
        params: Any = {"limit": PAGE_SIZE, "expand": ["data.price.product"]}
        listed = stripe_client.v1.checkout.sessions.line_items.list(session_id, params)
        return [line.to_dict() for line in listed.auto_paging_iter()]


def list_prices() -> Iterator[list[dict[str, Any]]]:
    """Yield pages of active one-time Prices with their products (Stripe: "List all prices"); raises like `calling`."""
    return _pages("/v1/prices", active=True, type="one_time", expand=["data.product"])


def find_payment(stripe_id: str, *, limits: Limits = NORMAL) -> str:
    """Return the PaymentIntent's id of a charge, refund or dispute, or an empty string if it has none.

    Raises like `calling`, and KeyError for an id of another kind.
    """
    with calling(limits) as stripe_client:
        found = stripe_client.raw_request("get", f"/v1/{PARTS_OF_A_PAYMENT[stripe_id.partition('_')[0]]}/{stripe_id}")
    return id_of(found.data.get("payment_intent"))


def expire_session(session_id: str) -> None:
    """Expire an open Checkout Session (Stripe: "Expire a Checkout Session"); raises like `calling`."""
    with calling() as stripe_client:
        stripe_client.v1.checkout.sessions.expire(session_id)


def check_access() -> None:
    """Check that the key may read sessions and events; raises like `calling`."""
    with calling() as stripe_client:
        stripe_client.v1.checkout.sessions.list({"limit": 1})
        stripe_client.v1.events.list({"limit": 1})


def current_time() -> int:
    """Return Stripe's time in seconds since the epoch, or ours if the response has no date; raises like `calling`."""
    with calling() as stripe_client:
        response = stripe_client.v1.events.list({"limit": 1}).last_response
    date = response.headers.get("Date", "") if response and response.headers else ""
    return int(parsedate_to_datetime(date).timestamp()) if date else int(time.time())


def create_refund(params: "RefundCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Refund a payment, in full or in part (Stripe: "Create a refund"); raises like `create_session`."""
    with calling() as stripe_client:
        return stripe_client.v1.refunds.create(params, {"idempotency_key": idempotency_key}).to_dict()


def list_refunds(payment_intent_id: str) -> list[dict[str, Any]]:
    """Return all refunds of a payment; raises like `calling`."""
    with calling() as stripe_client:
        listed = stripe_client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": PAGE_SIZE})
        return [refund.to_dict() for refund in listed.auto_paging_iter()]


def list_events(types: Sequence[str], *, since: int, before: int | None = None) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of Stripe's events of these types, newest first (Stripe: "List all events").

    They were created at or after `since` and before `before`, in seconds since the epoch, and in the last 30 days.
    Raises like `calling`.
    """
    created = {"gte": since} | ({} if before is None else {"lt": before})
    return _pages("/v1/events", types=list(types), created=created)


def _pages(path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
    params |= {"limit": PAGE_SIZE}
    more = True
    while more:
        with calling() as stripe_client:
            # Raw, like a session: stripe-python's objects would only be converted back to dicts.
            page = stripe_client.raw_request("get", path, **params).data
        yield page["data"]
        more = page["has_more"] and bool(page["data"])
        if more:
            params["starting_after"] = page["data"][-1]["id"]


def is_unknown(problem: Problem) -> bool:
    """Return whether Stripe does not have the object that was asked for: another account or the local Stripe has it."""
    return problem.extra.get("stripe_code") == "resource_missing"


def problem_of(error: stripe.StripeError) -> Problem:
    """Return our response to an error from Stripe."""
    if isinstance(error, stripe.APIConnectionError):
        return Problem(
            503,
            "stripe_unreachable",
            "Stripe can't be reached. Try again in a few seconds.",
            retry_after=RETRY_AFTER,
        )
    # 409: another call with this key is in progress. Below 400: a response that can't be parsed (cut off, or a proxy's
    # page). In both cases, Stripe may have done what was asked.
    status = error.http_status or 0
    if 0 < status < 400 or status in (409, 429) or status >= 500:
        kind = KeySpentError if is_stored("POST", status, error.headers) else Problem
        return kind(
            503,
            "stripe_unavailable",
            "Stripe is busy or failing. Try again in a few seconds.",
            retry_after=min(int(retry_after(error.headers) or RETRY_AFTER), MAX_RETRY_AFTER),
            stripe_request_id=error.request_id,
        )
    return _refusal(error)


def _refusal(error: stripe.StripeError) -> Problem:
    if isinstance(error, stripe.InvalidRequestError) and error.param in CALLER_PARAMS:
        detail = f"{error.param}: rejected by Stripe ({error.user_message})."
        return Problem(400, CALLER_PARAMS[error.param], detail, stripe_request_id=error.request_id)
    detail = KEY_ERRORS.get(type(error)) or error.user_message or "Stripe refused the request."
    kind = KeySpentError if isinstance(error, stripe.IdempotencyError) else Problem
    return kind(502, "stripe_refused", detail, stripe_request_id=error.request_id, stripe_code=error.code or None)
