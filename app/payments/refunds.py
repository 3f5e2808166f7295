"""Giving money back. Refunds made in Stripe's dashboard come in as events, like everything else."""

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
from app.payments.stripe.events import read_object
from app.web.outages import release_connection
from app.web.problems import Problem

# A request that is younger may still be on its way (stripe.http.NORMAL).
IN_FLIGHT = timedelta(seconds=30)


def refund_order(order: Order, amount: int | None = None, *, refund_id: uuid.UUID | None = None) -> Refund:
    """Refund `amount` minor units of the order, or all that is left; the same `refund_id` is taken once only.

    The request is written down before Stripe is asked. Raises Problem: 400 for an amount that can't be refunded, 409
    for a refund that was asked for before, 502 when Stripe refuses, 503 when it can't be reached (the worker tries
    the same row again then: it refunds once).
    """
    return _send(_write_down(order, amount, refund_id or uuid.uuid4()))


def _send(refund: Refund) -> Refund:
    order = refund.order
    release_connection()
    try:
        answer = client.create_refund(
            {
                "payment_intent": order.stripe_payment_intent_id,
                "amount": refund.amount,
                "metadata": {"order_id": str(order.pk), "refund_id": str(refund.pk)},
            },
            idempotency_key=f"refund-{refund.pk}" + (f"-{refund.attempt}" if refund.attempt else ""),
        )
    except Problem as problem:
        raise _noted(refund, problem) from problem
    return _answered(refund, answer)


def ask_about(refund: Refund) -> Refund:
    """Find out what became of a refund that got no answer; if Stripe does not have it, send it again."""
    release_connection()
    payment_intent = refund.order.stripe_payment_intent_id
    for found in client.list_refunds(payment_intent) if payment_intent else []:
        if (found.get("metadata") or {}).get("refund_id") == str(refund.pk):
            return _answered(refund, found)
    return _send(refund)


def without_answer(limit: int) -> list[Refund]:
    """The oldest refunds of which it is not known whether Stripe made them, last those that it chokes on."""
    waiting = Refund.objects.filter(status=Refund.Status.REQUESTED, created_at__lt=timezone.now() - IN_FLIGHT)
    return list(waiting.select_related("order").order_by("attempt", "created_at")[:limit])


def _answered(refund: Refund, answer: dict[str, Any]) -> Refund:
    # The money first: while the order does not know of the refund, the row still counts as asked for.
    settle([read_object(answer)])
    refund.status, refund.stripe_id, refund.error = Refund.Status.SENT, answer["id"], ""
    refund.save(update_fields=["status", "stripe_id", "error"])
    refund.order = Order.objects.get(pk=refund.order_id)
    return refund


def _noted(refund: Refund, problem: Problem) -> Problem:
    """Keep the failure, and say what it means for this refund."""
    refund.error = problem.detail
    if isinstance(problem, KeySpentError):
        # Perhaps Stripe made it all the same; `ask_about` looks before this next key is used.
        refund.attempt += 1
    elif problem.status == 502:
        refund.status = Refund.Status.REFUSED
    # Only while nobody else has got an answer.
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        status=refund.status, attempt=refund.attempt, error=refund.error
    )
    if refund.status == Refund.Status.REFUSED:
        return problem
    # Whoever repeated it would refund twice.
    detail = "Stripe has not answered. The refund is kept: the worker finds out and sends it again. Don't repeat it."
    return Problem(503, problem.code, detail, retry_after=problem.retry_after)


def _write_down(order: Order, amount: int | None, refund_id: uuid.UUID) -> Refund:
    with transaction.atomic():
        # Two refunds at once take turns, so that together they never exceed what was paid.
        order = Order.objects.select_for_update().get(pk=order.pk)
        if before := Refund.objects.filter(pk=refund_id).first():
            words = f"{format_amount(before.amount, order.currency)}, {before.get_status_display()}"
            raise Problem(409, "refund_repeated", f"This refund was asked for before: {words}.")
        left = order.amount_refundable
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise Problem(
                400,
                "not_refundable",
                f"At most {format_amount(left, order.currency)} of this order can be refunded."
                if order.is_paid
                else "There is nothing to refund: the order has not been paid.",
            )
        return Refund.objects.create(pk=refund_id, order=order, amount=amount)
