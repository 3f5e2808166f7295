"""Start a payment: write the order first, then create its Checkout Session at Stripe."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils import timezone

from app.config.stripe_mode import stripe_mode
from app.payments.api import links
from app.payments.api.catalog import chosen_items, chosen_quantities
from app.payments.api.schemas import CheckoutIn
from app.payments.currencies import AmountError, check_amount
from app.payments.models import Order
from app.payments.sql.placing import insert, keep_session
from app.payments.stripe import client, session_params
from app.payments.stripe.client import KeySpentError
from app.payments.stripe.events import CHECK, PURPOSE
from app.web.installation import installation
from app.web.outages import release_connection
from app.web.problems import Problem

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

# The prefix of the idempotency keys of the doctor's orders, which it deletes afterwards.
CHECK_KEY = "doctor-"
# Seconds. A checkout then goes ahead without its turn: the database is slow, or the one before is stuck.
TURN_TIMEOUT = 0.1
# Stripe drops an idempotency key after 24 hours; a repeated call would then create a second session.
KEY_LIFETIME = timedelta(hours=23)

_turns = Semaphore()


def start_checkout(choice: CheckoutIn, *, return_url: str, idempotency_key: str | None, language: str = "") -> Order:
    """Return an order with its open Checkout Session.

    Stripe sends the buyer back to `return_url`, which contains `{order_id}`; emails to the buyer are in `language`. The
    same `idempotency_key` returns the same order and session, even if the first attempt was interrupted. Raises
    Problem; the order keeps the reason.
    """
    with _turn():
        order = _existing_order(choice, idempotency_key) or place_order(
            choice, return_url=return_url, idempotency_key=idempotency_key, language=language
        )
    if not order.stripe_session_id:
        order = open_session(order)
    if not order.can_be_paid or _is_over(order):
        raise Problem(
            400,
            "order_closed",
            f"The order for this Idempotency-Key is {order.status}. Use a new key to order again.",
            order_id=str(order.pk),
        )
    return order


def fingerprint(choice: CheckoutIn) -> str:
    """Return a digest of the request: an idempotency key must not be reused for a different one.

    Fields that later versions added count only if they are set, so that a key survives an upgrade.
    """
    left_out = {name for name in ("reference", "metadata") if not getattr(choice, name)}
    return hashlib.sha256(json.dumps(choice.model_dump(exclude=left_out), sort_keys=True).encode()).hexdigest()


@contextmanager
def _turn() -> Iterator[None]:
    """Use the database in turn with the other checkouts of this process, then give the connection back.

    Only one thread of a process runs Python code at a time. Several checkouts in the middle of their statements only
    delay each other, and webhooks, which take no turns.
    """
    is_ours = _turns.acquire(timeout=TURN_TIMEOUT)
    try:
        yield
    finally:
        release_connection()
        if is_ours:
            _turns.release()


def _existing_order(choice: CheckoutIn, idempotency_key: str | None) -> Order | None:
    if not idempotency_key:
        return None
    order = Order.objects.filter(idempotency_key=idempotency_key).first()
    if order and order.request_fingerprint != fingerprint(choice):
        raise Problem(
            400,
            "idempotency_key_reused",
            "This Idempotency-Key was already used for a different order. Use a new key for each order.",
        )
    if order and not order.stripe_session_id and timezone.now() - order.created_at > KEY_LIFETIME:
        raise Problem(
            400,
            "idempotency_key_expired",
            "The order for this Idempotency-Key was never paid and has expired. Use a new key.",
        )
    return order


def _is_over(order: Order) -> bool:
    """Return whether the session must have expired, even if its event has not arrived yet."""
    return timezone.now() - order.created_at > session_params.longest_life()


def place_order(
    choice: CheckoutIn, *, return_url: str, idempotency_key: str | None = None, language: str = ""
) -> Order:
    """Write the order and its lines at catalog prices, without calling Stripe; raises Problem 400."""
    lines = chosen_items(chosen_quantities((item.sku, item.quantity) for item in choice.items))
    order = Order(
        currency=lines[0].product.currency,
        amount_total=sum(line.unit_amount * line.quantity for line in lines),
        customer_email=choice.customer_email,
        reference=choice.reference,
        metadata=choice.metadata,
        language=language,
        livemode=stripe_mode() == "live",
        return_url=return_url,
        idempotency_key=idempotency_key,
        # Only needed if the key is used again.
        request_fingerprint=fingerprint(choice) if idempotency_key else "",
    )
    try:
        check_amount(order.amount_total, order.currency)
    except AmountError as error:
        raise Problem(400, error.code, f"The order total can't be charged: {error}") from error
    session_params.shipping_options(order.currency)  # before the order is written
    try:
        insert(order, lines)
    except IntegrityError:
        # A concurrent request with the same key won: use its order.
        if existing := _existing_order(choice, idempotency_key):
            return existing
        raise
    return order


def open_session(order: Order) -> Order:
    """Create the order's Checkout Session; raises Problem and records it as the order's reason."""
    params = _session_params(order)
    if session_params.lets_buyer_change_lines(params) and not order.lines_open:
        order.lines_open = True
        order.save(update_fields=["lines_open"])  # before the call: the first event needs to know
    release_connection()
    try:
        session = _create_session(order, params)
    except Problem as problem:
        if keep_session(order, reason_code=problem.code, reason=problem.detail):
            problem.extra["order_id"] = str(order.pk)
            raise
        order.refresh_from_db()  # a concurrent copy of this request succeeded
        return order
    # An event may have reported the session first, or a repeated request may have created it.
    with _turn():
        if not keep_session(order, session_id=session["id"], url=session["url"]):
            order.refresh_from_db()
    return order


def _create_session(order: Order, params: "SessionCreateParams") -> dict[str, Any]:
    try:
        return client.create_session(params, idempotency_key=_stripe_key(order))
    except KeySpentError:
        # Stripe replays even a 500 for 24 hours. If it did create a session, nobody has its URL, and it will expire.
        # Concurrent requests count from the attempt that they read, so they all use the same next key.
        same = Order.objects.filter(pk=order.pk, session_attempt=order.session_attempt)
        same.update(session_attempt=order.session_attempt + 1)
        order.session_attempt += 1
        release_connection()
        return client.create_session(params, idempotency_key=_stripe_key(order))


def _stripe_key(order: Order) -> str:
    return f"order-{order.pk}" + (f"-{order.session_attempt}" if order.session_attempt else "")


def _session_params(order: Order) -> "SessionCreateParams":
    order_id = str(order.pk)
    is_check = (order.idempotency_key or "").startswith(CHECK_KEY)
    return session_params.build(
        order,
        installation=installation(),
        success_url=order.return_url.replace(links.PLACEHOLDER, order_id),
        cancel_url=links.canceled(order.return_url).replace(links.PLACEHOLDER, order_id),
        more_metadata={PURPOSE: CHECK} if is_check else None,
    )
