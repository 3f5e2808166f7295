"""Orders in review: Stripe's data does not match the order, and a person decides."""

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
    """Accept a paid order in review despite its mismatches: it counts as paid and is fulfilled.

    New mismatches send it to review again. Raises Problem 400 if there is nothing to accept.
    """
    order = _in_review(order_id)
    if not order.is_paid:
        detail = "This order's own session was not paid, so there is nothing to accept. Cancel the order instead."
        raise Problem(400, "not_acceptable", detail)
    return _close(order, Facts(accepted=order.parsed_facts.mismatches))


def refund_and_close(order_id: uuid.UUID) -> Order:
    """Refund an order in review in full; it is not fulfilled. If the refund fails, it is in review again.

    Raises Problem like `refund_order`, and 400 if the order is not in review or not paid.
    """
    order = _in_review(order_id)
    if not order.is_paid:
        detail = "This order's own session was not paid, so there is nothing to refund. Cancel the order instead."
        raise Problem(400, "not_refundable", detail)
    if order.amount_refundable:
        refund_order(order)
        order.refresh_from_db()
    if order.amount_refunded < order.amount_paid:
        raise Problem(503, "refund_unanswered", "The refund is in progress. Close the order after it is confirmed.")
    return _close(order, Facts(returned=order.parsed_facts.mismatches))


def cancel(order_id: uuid.UUID) -> Order:
    """Cancel an order in review whose own session was not paid: expire the session, so that it can't be paid later.

    Refund the payment that caused the review at Stripe; the reason names it. Raises Problem: 400 if the order is not in
    review, is paid or may still be paid; 502 or 503 if Stripe can't expire the session.
    """
    order, is_known = _in_review(order_id), True
    if not order.is_paid:
        order, is_known = _close_session(order)
    if order.is_paid:
        raise Problem(400, "order_paid", "This order was paid. Accept it, or refund and close it.")
    if order.parsed_facts.session == "complete" and order.parsed_facts.payment == "unpaid":
        if is_known:
            detail = "This order's payment is being processed. Wait until it has succeeded or failed."
            raise Problem(400, "payment_processing", detail)
        return _close(order, Facts(payment="failed", accepted=order.parsed_facts.mismatches))
    return _close(order, Facts(session="expired", accepted=order.parsed_facts.mismatches))


def _close_session(order: Order) -> tuple[Order, bool]:
    """Expire the order's open session; return the order, and whether Stripe knows its session."""
    try:
        order = refresh_order(order)
        if order.stripe_session_id and order.parsed_facts.session == "open":
            client.expire_session(order.stripe_session_id)
            order = refresh_order(order)
    except Problem as problem:
        if not client.is_unknown(problem):
            raise
        return order, False
    return order, True


def _in_review(order_id: uuid.UUID) -> Order:
    order = Order.objects.get(pk=order_id)
    if order.status != Order.Status.NEEDS_REVIEW:
        raise Problem(400, "not_in_review", "This order is not in review.")
    return order


def _close(order: Order, decision: Facts) -> Order:
    settle([Event(Reference(order_ids=(order.pk,)), decision)])
    return Order.objects.get(pk=order.pk)
