"""Orders in review: what Stripe says of them does not match, and a person decides."""

import uuid

from app.payments.facts import Facts
from app.payments.models import Order
from app.payments.refresh import refresh_order
from app.payments.refunds import refund_order
from app.payments.settle import settle
from app.payments.stripe import client
from app.payments.stripe.events import Event, Reference
from app.web.problems import Problem


def accept(order_id: uuid.UUID) -> Order:
    """Count a paid order in review as paid, for somebody who has looked at what does not match: it is delivered then.

    What is found later sends it to review again. Raises Problem 400 when there is nothing to accept.
    """
    order = _in_review(order_id)
    if not order.is_paid:
        detail = "This order's own session was not paid, so there is nothing to accept. Cancel the order instead."
        raise Problem(400, "not_acceptable", detail)
    return _close(order, Facts(accepted=order.known.mismatches))


def refund_and_close(order_id: uuid.UUID) -> Order:
    """Give back all that was paid for an order in review; nothing is delivered. If the refund fails, it is in review
    again.

    Raises Problem like `refund_order`, and 400 for an order that is not in review or was not paid.
    """
    order = _in_review(order_id)
    if not order.is_paid:
        detail = "This order's own session was not paid, so there is nothing to refund. Cancel the order instead."
        raise Problem(400, "not_refundable", detail)
    if order.amount_refundable:
        refund_order(order)
        order.refresh_from_db()
    if order.amount_refunded < order.amount_paid:
        raise Problem(503, "refund_unanswered", "The refund is on its way. Close the order when it is confirmed.")
    return _close(order, Facts(returned=order.known.mismatches))


def cancel(order_id: uuid.UUID) -> Order:
    """End an order in review whose own session was not paid: close the session, so that nobody pays it later.

    The payment that sent it to review, named in the reason, is refunded at Stripe. Raises Problem 400 for an order
    that is not in review, was paid or may still be, 502 or 503 when Stripe can't close the session.
    """
    order = _in_review(order_id)
    if not order.is_paid:
        order = _close_session(order)
    if order.is_paid:
        raise Problem(400, "order_paid", "This order was paid. Accept it, or refund and close it.")
    if order.known.session == "complete" and order.known.payment == "unpaid":
        detail = "This order's payment is being processed. Wait until it has succeeded or failed."
        raise Problem(400, "payment_processing", detail)
    return _close(order, Facts(session="expired", accepted=order.known.mismatches))


def _close_session(order: Order) -> Order:
    try:
        order = refresh_order(order)
        if order.stripe_session_id and order.known.session == "open":
            client.expire_session(order.stripe_session_id)
            order = refresh_order(order)
    except Problem as problem:
        # Another account's, or one that was deleted: nobody can pay it.
        if problem.extra.get("stripe_code") != "resource_missing":
            raise
    return order


def _in_review(order_id: uuid.UUID) -> Order:
    order = Order.objects.get(pk=order_id)
    if order.status != Order.Status.NEEDS_REVIEW:
        raise Problem(400, "not_in_review", "This order is not in review.")
    return order


def _close(order: Order, decision: Facts) -> Order:
    settle([Event(Reference(order_ids=(order.pk,)), decision)])
    return Order.objects.get(pk=order.pk)
