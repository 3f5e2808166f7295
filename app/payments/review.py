"""Orders in review: what Stripe says of them does not fit, and a person decides."""

import uuid

from django.db import transaction

from app.payments import outbox
from app.payments.models import Order
from app.payments.problems import Problem
from app.payments.state import Facts


def accept(order_id: uuid.UUID) -> Order:
    """Let an order in review pass, for somebody who has looked at what does not fit: it is paid then, and fulfilled.

    What is found later sends it to review again. Raises Problem 400 when there is nothing to accept.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        known = Facts.from_json(order.facts)
        if order.status != Order.Status.NEEDS_REVIEW:
            raise Problem(400, "not_in_review", "This order is not in review.")
        if not known.is_paid:
            detail = "This order's own session was not paid. Refund the payment named in its reason at Stripe."
            raise Problem(400, "not_acceptable", detail)
        if order.absorb(Facts(accepted=known.mismatches)):
            outbox.add(order)
        order.save()
    return order
