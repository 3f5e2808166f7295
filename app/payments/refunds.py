"""Refund orders. Refunds made in Stripe's dashboard arrive as events, like everything else."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from app.payments.currencies import format_amount
from app.payments.models import Order, Refund
from app.payments.settle import settle
from app.payments.stripe import client
from app.payments.stripe.client import KeySpentError
from app.payments.stripe.events import INSTALLATION, read_object
from app.web.installation import installation
from app.web.outages import release_connection
from app.web.problems import Problem

UNKNOWN_PAYMENT = (
    "Stripe does not know this payment: it was made with another account's key or at the local Stripe. Refund it there."
)
# A younger request may still be in progress (stripe.http.NORMAL).
IN_FLIGHT = timedelta(seconds=30)


def refund_order(order: Order, amount: int | None = None, *, refund_id: uuid.UUID | None = None) -> Refund:
    """Refund `amount` minor units of the order, or the remaining amount; each `refund_id` works only once.

    The request is stored before Stripe is called. Raises Problem: 400 for an amount that can't be refunded, 409 for a
    repeated `refund_id`, 502 if Stripe rejects it, 503 if Stripe can't be reached. After a 503, the worker retries the
    same row, which refunds only once.
    """
    return _send(_request(order, amount, refund_id or uuid.uuid4()))


def _send(refund: Refund) -> Refund:
    order = refund.order
    here = installation()
    release_connection()
    try:
        response = client.create_refund(
            {
                "payment_intent": order.stripe_payment_intent_id,
                "amount": refund.amount,
                "metadata": {"order_id": str(order.pk), "refund_id": str(refund.pk), INSTALLATION: here},
            },
            idempotency_key=f"refund-{refund.pk}" + (f"-{refund.attempt}" if refund.attempt else ""),
        )
    except Problem as problem:
        raise _record_failure(refund, problem) from problem
    return _record_success(refund, response)


def resolve(refund: Refund) -> Refund:
    """Look up an unanswered refund at Stripe; if Stripe does not have it, send it again."""
    release_connection()
    payment_intent = refund.order.stripe_payment_intent_id
    try:
        known = client.list_refunds(payment_intent) if payment_intent else []
    except Problem as problem:
        if not client.is_unknown(problem):
            raise
        raise _record_failure(refund, problem) from problem
    for found in known:
        if (found.get("metadata") or {}).get("refund_id") == str(refund.pk):
            return _record_success(refund, found)
    return _send(refund)


def unanswered(limit: int) -> list[Refund]:
    """Return the oldest unanswered refunds; those that failed most often come last."""
    waiting = Refund.objects.filter(status=Refund.Status.REQUESTED, created_at__lt=timezone.now() - IN_FLIGHT)
    return list(waiting.select_related("order").order_by("attempt", "created_at")[:limit])


def _record_success(refund: Refund, response: dict[str, Any]) -> Refund:
    # Settle first: until the order has the refund, the row still counts as requested.
    settle([read_object(response)])
    refund.status, refund.stripe_id, refund.error = Refund.Status.SENT, response["id"], ""
    refund.save(update_fields=["status", "stripe_id", "error"])
    refund.order = Order.objects.get(pk=refund.order_id)
    return refund


def _record_failure(refund: Refund, problem: Problem) -> Problem:
    """Store the failure, and return the problem to report."""
    if client.is_unknown(problem):
        problem = Problem(502, "payment_unknown", UNKNOWN_PAYMENT)
    refund.error = problem.detail
    if isinstance(problem, KeySpentError):
        # Stripe may have created it anyway; `resolve` checks before it uses the next key.
        refund.attempt += 1
    elif problem.status == 502:
        refund.status = Refund.Status.REFUSED
    # Only if no other process has received a response in the meantime.
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        status=refund.status, attempt=refund.attempt, error=refund.error
    )
    if refund.status == Refund.Status.REFUSED:
        return problem
    # A new request would refund twice.
    detail = "Stripe did not respond. The refund is saved, and the worker will check and retry it. Don't repeat it."
    return Problem(503, problem.code, detail, retry_after=problem.retry_after)


def _request(order: Order, amount: int | None, refund_id: uuid.UUID) -> Refund:
    with transaction.atomic():
        # Concurrent refunds take turns, so that together they never exceed the amount paid.
        order = Order.objects.select_for_update().get(pk=order.pk)
        if before := Refund.objects.filter(pk=refund_id).first():
            words = f"{format_amount(before.amount, order.currency)}, {before.get_status_display()}"
            raise Problem(409, "refund_repeated", f"This refund was already requested: {words}.")
        left = order.amount_refundable
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise Problem(400, "not_refundable", _why_not(order, left))
        return Refund.objects.create(pk=refund_id, order=order, amount=amount)


def _why_not(order: Order, left: int) -> str:
    if not order.is_paid:
        return "There is nothing to refund: the order has not been paid."
    if not left:
        return "There is nothing left to refund."
    return f"At most {format_amount(left, order.currency)} of this order can be refunded."
