"""Starting a payment: the order first, then Stripe's Checkout Session for it."""

import hashlib
import json
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction

from app.devstack.mode import stripe_mode
from app.payments import links, stripe_client
from app.payments.catalogue import chosen_items
from app.payments.models import Order, OrderItem
from app.payments.problems import Problem
from app.payments.schemas import CheckoutIn

if TYPE_CHECKING:
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceData,
    )

MAX_TOTAL = 99_999_999  # minor units (Stripe: "Minimum and maximum charge amounts")


def start_checkout(choice: CheckoutIn, *, return_url: str, idempotency_key: str | None) -> Order:
    """An order and its open Checkout Session.

    `return_url` is where Stripe sends the buyer back to, with `{order_id}` in it. The same `idempotency_key` gives
    the same order and session, also when the first try was cut short. Raises Problem; the order stays with the reason.
    """
    order = _existing_order(choice, idempotency_key) or place_order(
        choice, return_url=return_url, idempotency_key=idempotency_key
    )
    return order if order.stripe_session_id else _open_session(order)


def fingerprint(choice: CheckoutIn) -> str:
    """A digest of what was asked for: the same idempotency key must not ask for something else."""
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
    return order


def place_order(choice: CheckoutIn, *, return_url: str, idempotency_key: str | None = None) -> Order:
    """Write the order with its lines, at the catalogue's prices; Stripe is not asked. Raises Problem 400."""
    items = chosen_items((item.sku, item.quantity) for item in choice.items)
    order = Order(
        currency=items[0].product.currency,
        amount_total=sum(item.unit_amount * item.quantity for item in items),
        customer_email=choice.customer_email,
        livemode=stripe_mode() == "live",
        return_url=return_url,
        idempotency_key=idempotency_key,
        request_fingerprint=fingerprint(choice),
    )
    if order.amount_total > MAX_TOTAL:
        raise Problem(400, "amount_too_large", f"One order comes to at most {MAX_TOTAL} in minor units.")
    for item in items:
        item.order = order
    try:
        # Together, so that no order is ever seen without its lines.
        with transaction.atomic():
            order.save(force_insert=True)
            OrderItem.objects.bulk_create(items)
    except IntegrityError:
        # The same key at the same moment: the other request's order is ours too.
        if existing := _existing_order(choice, idempotency_key):
            return existing
        raise
    return order


def _open_session(order: Order) -> Order:
    params = _session_params(order)
    connection.close_if_unusable_or_obsolete()  # the pool gets it back while we wait for Stripe
    try:
        session = stripe_client.create_session(params, idempotency_key=f"order-{order.pk}")
    except Problem as problem:
        Order.objects.filter(pk=order.pk).update(reason_code=problem.code, reason=problem.detail)
        problem.extra["order_id"] = str(order.pk)
        raise
    order.stripe_session_id, order.checkout_url = session["id"], session["url"]
    order.reason_code = order.reason = ""
    order.save(update_fields=["stripe_session_id", "checkout_url", "reason_code", "reason", "updated_at"])
    return order


def _session_params(order: Order) -> "SessionCreateParams":
    """The session's parameters, a function of the order alone, so that a repeated call is the same call."""
    metadata = {"order_id": str(order.pk)}
    back = order.return_url.replace(links.PLACEHOLDER, str(order.pk))
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(order.pk),
        "metadata": metadata,
        # A session's metadata does not reach its PaymentIntent.
        "payment_intent_data": {"metadata": metadata},
        "line_items": [_line_item(order, item) for item in order.items.all()],
        "success_url": back,
        "cancel_url": links.canceled(back),
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
