"""Starting a payment: the order first, then Stripe's Checkout Session for it."""

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils import timezone

from app.config.stripe_mode import stripe_mode
from app.payments.api import links
from app.payments.api.catalog import chosen_items, chosen_quantities
from app.payments.api.schemas import CheckoutIn
from app.payments.currencies import AmountError, check_amount
from app.payments.models import Order, OrderItem
from app.payments.placing import insert, keep_session
from app.payments.stripe import client
from app.payments.stripe.client import KeySpentError
from app.payments.stripe.events import CHECK, PURPOSE
from app.web.outages import release_connection
from app.web.problems import Problem

if TYPE_CHECKING:
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceData,
    )

# The orders of the doctor's round trip have idempotency keys that begin so: it removes them afterwards.
CHECK_KEY = "doctor-"
# Stripe forgets an idempotency key after a day; after that a repeated call would open a second session.
KEY_LIFETIME = timedelta(hours=23)
SESSION_LIFETIME = timedelta(hours=24)  # Stripe's default


def start_checkout(choice: CheckoutIn, *, return_url: str, idempotency_key: str | None) -> Order:
    """Return an order and its open Checkout Session.

    `return_url` is where Stripe sends the buyer back to, with `{order_id}` in it. The same `idempotency_key` gives
    the same order and session, also when the first try was cut short. Raises Problem; the order stays with the reason.
    """
    order = _existing_order(choice, idempotency_key) or place_order(
        choice, return_url=return_url, idempotency_key=idempotency_key
    )
    if not order.stripe_session_id:
        order = open_session(order)
    if not order.can_be_paid or _is_over(order):
        raise Problem(
            400,
            "order_closed",
            f"The order of this Idempotency-Key is {order.status}. Use a new key to buy again.",
            order_id=str(order.pk),
        )
    return order


def fingerprint(choice: CheckoutIn) -> str:
    """Return a digest of what was asked for: the same idempotency key must not ask for something else."""
    return hashlib.sha256(json.dumps(choice.model_dump(), sort_keys=True).encode()).hexdigest()


def _existing_order(choice: CheckoutIn, idempotency_key: str | None) -> Order | None:
    if not idempotency_key:
        return None
    order = Order.objects.filter(idempotency_key=idempotency_key).first()
    if order and order.request_fingerprint != fingerprint(choice):
        raise Problem(
            400,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another order. Use a new key for each purchase.",
        )
    if order and not order.stripe_session_id and timezone.now() - order.created_at > KEY_LIFETIME:
        raise Problem(
            400,
            "idempotency_key_expired",
            "The order of this Idempotency-Key is too old to be paid, and never was. Use a new key.",
        )
    return order


def _is_over(order: Order) -> bool:
    """Whether the session must have expired, though its event has not come yet."""
    return timezone.now() - order.created_at > SESSION_LIFETIME


def place_order(choice: CheckoutIn, *, return_url: str, idempotency_key: str | None = None) -> Order:
    """Write the order with its lines, at the catalog's prices; Stripe is not asked. Raises Problem 400."""
    lines = chosen_items(chosen_quantities((item.sku, item.quantity) for item in choice.items))
    order = Order(
        currency=lines[0].product.currency,
        amount_total=sum(line.unit_amount * line.quantity for line in lines),
        customer_email=choice.customer_email,
        livemode=stripe_mode() == "live",
        return_url=return_url,
        idempotency_key=idempotency_key,
        # It is asked for only when the key comes again.
        request_fingerprint=fingerprint(choice) if idempotency_key else "",
    )
    try:
        check_amount(order.amount_total, order.currency)
    except AmountError as error:
        raise Problem(400, error.code, f"The order total can't be charged: {error}") from error
    try:
        insert(order, lines)
    except IntegrityError:
        # The same key at the same moment: the other request's order is ours too.
        if existing := _existing_order(choice, idempotency_key):
            return existing
        raise
    return order


def open_session(order: Order) -> Order:
    """Open the order's Checkout Session; raises Problem, which stands in the order's reason then."""
    params = _session_params(order)
    release_connection()
    try:
        session = _create_session(order, params)
    except Problem as problem:
        if keep_session(order, reason_code=problem.code, reason=problem.detail):
            problem.extra["order_id"] = str(order.pk)
            raise
        order.refresh_from_db()  # the same request, sent twice at once: the other one got through
        return order
    # Whoever is first: an event can have told us of the session, or a repeated request have opened it.
    if not keep_session(order, session_id=session["id"], url=session["url"]):
        order.refresh_from_db()
    return order


def _create_session(order: Order, params: "SessionCreateParams") -> dict[str, Any]:
    try:
        return client.create_session(params, idempotency_key=_stripe_key(order))
    except KeySpentError:
        # Stripe keeps even a 500 for a day. If it opened a session all the same, nobody knows its address, and it
        # will expire. Counted on from what we have seen, so that requests at the same moment agree on the next key.
        same = Order.objects.filter(pk=order.pk, session_attempt=order.session_attempt)
        same.update(session_attempt=order.session_attempt + 1)
        order.session_attempt += 1
        release_connection()
        return client.create_session(params, idempotency_key=_stripe_key(order))


def _stripe_key(order: Order) -> str:
    return f"order-{order.pk}" + (f"-{order.session_attempt}" if order.session_attempt else "")


def _session_params(order: Order) -> "SessionCreateParams":
    """The session's parameters, a function of the order alone, so that a repeated call is the same call."""
    order_id = str(order.pk)
    metadata = {"order_id": order_id}
    if (order.idempotency_key or "").startswith(CHECK_KEY):
        metadata[PURPOSE] = CHECK
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": order_id,
        "metadata": metadata,
        # A session's metadata does not reach its PaymentIntent.
        "payment_intent_data": {"metadata": metadata},
        "line_items": [_line_item(order, item) for item in order.lines],
        "success_url": order.return_url.replace(links.PLACEHOLDER, order_id),
        "cancel_url": links.canceled(order.return_url).replace(links.PLACEHOLDER, order_id),
    }
    if order.customer_email:
        params["customer_email"] = order.customer_email
    return params


def _line_item(order: Order, item: OrderItem) -> "SessionCreateParamsLineItem":
    price: SessionCreateParamsLineItemPriceData = {
        "currency": order.currency,
        "unit_amount": item.unit_amount,
        "product_data": {"name": item.name, "metadata": {"sku": item.sku}},
    }
    return {"price_data": price, "quantity": item.quantity}
