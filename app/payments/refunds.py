"""Giving money back. Refunds made in Stripe's dashboard come in as events, like everything else."""

from django.db import connection, transaction

from app.payments import stripe_client
from app.payments.models import Order, Refund
from app.payments.money import format_amount
from app.payments.problems import Problem
from app.payments.stripe_objects import facts_of
from app.payments.sync import sync_order


def refund_order(order: Order, amount: int | None = None) -> Refund:
    """Refund `amount` minor units of the order, or all that is left.

    The request is written down before Stripe is asked. Raises Problem: 400 for an amount that can't be refunded, 502
    when Stripe refuses, 503 when it can't be reached (`send` the same row again then: it refunds once).
    """
    return send(_write_down(order, amount))


def send(refund: Refund) -> Refund:
    """Send a written-down refund to Stripe, also for the second time, and settle the order by its answer."""
    order = refund.order
    connection.close_if_unusable_or_obsolete()
    try:
        answer = stripe_client.create_refund(
            {
                "payment_intent": order.stripe_payment_intent_id,
                "amount": refund.amount,
                "metadata": {"order_id": str(order.pk)},
            },
            idempotency_key=f"refund-{refund.pk}",
        )
    except Problem as problem:
        # 503 leaves it open: Stripe may have done it and the answer was lost.
        refund.status = Refund.Status.REFUSED if problem.status == 502 else Refund.Status.REQUESTED
        refund.error = problem.detail
        refund.save()
        raise
    with transaction.atomic():
        refund.status, refund.stripe_id, refund.error = Refund.Status.SENT, answer["id"], ""
        refund.save()
        refund.order = sync_order(order.pk, answer, facts_of(answer))
    return refund


def _write_down(order: Order, amount: int | None) -> Refund:
    with transaction.atomic():
        # Two refunds at once take turns, so that together they never exceed what was paid.
        order = Order.objects.select_for_update().get(pk=order.pk)
        left = order.amount_refundable
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise Problem(
                400,
                "not_refundable",
                f"At most {format_amount(left, order.currency)} of this order can be refunded.",
            )
        return Refund.objects.create(order=order, amount=amount)
