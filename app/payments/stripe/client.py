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
from app.payments.stripe.http import NORMAL, Limits, PooledClient, is_kept, retry_after
from app.web.problems import Problem

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

# Any test key does for the emulator. It must be one that the real Stripe would refuse.
EMULATOR_KEY = "sk_test_emulator"
RETRY_AFTER = 5  # seconds; what callers are told when Stripe can't be reached
LONGEST_RETRY_AFTER = 120  # seconds
OBJECTS_AT_ONCE = 100  # Stripe's largest page
# Where to retrieve what belongs to a payment, by the prefix of its id.
PARTS_OF_A_PAYMENT = {
    **dict.fromkeys(("ch", "py"), "charges"),
    **dict.fromkeys(("re", "pyr"), "refunds"),
    **dict.fromkeys(("du", "dp"), "disputes"),
}
# Stripe's own words show part of the key, and the account: nothing for buyers. The doctor passes them on.
OF_THE_KEY: dict[type[stripe.StripeError], str] = {
    stripe.AuthenticationError: "Stripe does not accept the secret key. Check STRIPE_SECRET_KEY in .env.",
    stripe.PermissionError: "The restricted key may not do this: ./scripts/doctor says what it lacks.",
}
# What callers of ours choose and only Stripe can judge: the session's parameter, and the code that they are told.
OF_THE_CALLER = {"customer_email": "invalid_customer_email"}


class KeySpentError(Problem):
    """Stripe will give this answer to the idempotency key for a day: the next try needs another key."""


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
    """How many more calls may wait for Stripe. The rest of the server's threads are for webhooks, whatever happens."""
    share = 1 if limits is NORMAL else 4
    return BoundedSemaphore(max(1, settings.STRIPE_CALLS_AT_ONCE // share))


@contextmanager
def calling(limits: Limits = NORMAL) -> Iterator[stripe.StripeClient]:
    """The client, for one call; raises Problem: 503 when too many wait already or Stripe can't be reached, 502 when
    it refuses."""
    left = calls_left(limits)
    if not left.acquire(blocking=False):
        raise Problem(
            503,
            "busy",
            "Too many calls are waiting for Stripe. Try again in a moment.",
            retry_after=1,
        )
    try:
        yield client(limits)
    except stripe.StripeError as error:
        raise problem_of(error) from error
    finally:
        left.release()


def create_session(params: "SessionCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Create a Checkout Session (Stripe: "Create a Checkout Session"); the same key gives the same session.

    Raises Problem like `calling`, KeySpentError when the key is of no more use.
    """
    with calling() as stripe_client:
        # Raw: making stripe-python's objects of the answer takes twice the time of all the rest of the call.
        answer = stripe_client.raw_request(
            "post", "/v1/checkout/sessions", idempotency_key=idempotency_key, **cast(dict[str, Any], params)
        )
    session: dict[str, Any] = answer.data
    return session


def retrieve_session(session_id: str, *, limits: Limits = NORMAL) -> dict[str, Any]:
    """The Checkout Session as Stripe has it now, with PaymentIntent and charge; raises like `calling`."""
    with calling(limits) as stripe_client:
        expand = ["payment_intent.latest_charge"]
        return stripe_client.v1.checkout.sessions.retrieve(session_id, {"expand": expand}).to_dict()


def find_payment(stripe_id: str, *, limits: Limits = NORMAL) -> str:
    """Return the PaymentIntent's id of a charge, refund or dispute, or an empty string if it has none.

    Raises like `calling`, and KeyError for an id of another kind.
    """
    with calling(limits) as stripe_client:
        found = stripe_client.raw_request("get", f"/v1/{PARTS_OF_A_PAYMENT[stripe_id.partition('_')[0]]}/{stripe_id}")
    return id_of(found.data.get("payment_intent"))


def expire_session(session_id: str) -> None:
    """Close an open Checkout Session (Stripe: "Expire a Checkout Session"); raises like `calling`."""
    with calling() as stripe_client:
        stripe_client.v1.checkout.sessions.expire(session_id)


def check_access() -> None:
    """Ask for what the app needs the key for, sessions and events; raises like `calling`."""
    with calling() as stripe_client:
        stripe_client.v1.checkout.sessions.list({"limit": 1})
        stripe_client.v1.events.list({"limit": 1})


def current_time() -> int:
    """What Stripe's clock says, in seconds since the epoch, or ours if it does not tell; raises like `calling`."""
    with calling() as stripe_client:
        answer = stripe_client.v1.events.list({"limit": 1}).last_response
    date = answer.headers.get("Date", "") if answer and answer.headers else ""
    return int(parsedate_to_datetime(date).timestamp()) if date else int(time.time())


def create_refund(params: "RefundCreateParams", *, idempotency_key: str) -> dict[str, Any]:
    """Refund a payment, in full or in part (Stripe: "Create a refund"); raises like `create_session`."""
    with calling() as stripe_client:
        return stripe_client.v1.refunds.create(params, {"idempotency_key": idempotency_key}).to_dict()


def list_refunds(payment_intent_id: str) -> list[dict[str, Any]]:
    """All refunds of a payment; raises like `calling`."""
    with calling() as stripe_client:
        listed = stripe_client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": OBJECTS_AT_ONCE})
        return [refund.to_dict() for refund in listed.auto_paging_iter()]


def list_events(types: Sequence[str], *, since: int, before: int | None = None) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of Stripe's events of these types created from `since` on and before `before` (seconds), newest
    first; at most 30 days back (Stripe: "List all events"). Raises like `calling`."""
    created = {"gte": since} | ({} if before is None else {"lt": before})
    params: dict[str, Any] = {"types": list(types), "limit": OBJECTS_AT_ONCE, "created": created}
    more = True
    while more:
        with calling() as stripe_client:
            # Raw, like a session: stripe-python's objects would only be turned into dicts again.
            page = stripe_client.raw_request("get", "/v1/events", **params).data
        yield page["data"]
        more = page["has_more"] and bool(page["data"])
        if more:
            params["starting_after"] = page["data"][-1]["id"]


def problem_of(error: stripe.StripeError) -> Problem:
    """What a caller of ours is told about an error of Stripe's."""
    if isinstance(error, stripe.APIConnectionError):
        return Problem(
            503,
            "stripe_unreachable",
            "Stripe can't be reached. Try again in a few seconds.",
            retry_after=RETRY_AFTER,
        )
    # 409: the same call is still going on; somebody else's answer will come. Below 400: an answer that can't be read
    # (cut off, or a proxy's page). What was asked for may have been done.
    status = error.http_status or 0
    if 0 < status < 400 or status in (409, 429) or status >= 500:
        kind = KeySpentError if is_kept("POST", status, error.headers) else Problem
        return kind(
            503,
            "stripe_unavailable",
            "Stripe is busy or failing. Try again in a few seconds.",
            retry_after=min(int(retry_after(error.headers) or RETRY_AFTER), LONGEST_RETRY_AFTER),
            stripe_request_id=error.request_id,
        )
    return _refusal(error)


def _refusal(error: stripe.StripeError) -> Problem:
    if isinstance(error, stripe.InvalidRequestError) and error.param in OF_THE_CALLER:
        detail = f"{error.param}: Stripe does not accept it ({error.user_message})."
        return Problem(400, OF_THE_CALLER[error.param], detail, stripe_request_id=error.request_id)
    detail = OF_THE_KEY.get(type(error)) or error.user_message or "Stripe refused the request."
    kind = KeySpentError if isinstance(error, stripe.IdempotencyError) else Problem
    return kind(502, "stripe_refused", detail, stripe_request_id=error.request_id, stripe_code=error.code or None)
