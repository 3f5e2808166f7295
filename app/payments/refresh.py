"""Ask Stripe for an order's status, instead of waiting for an event."""

import uuid
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from app.payments.facts import Decline, Facts, PaymentFacts
from app.payments.models import Order
from app.payments.settle import settle
from app.payments.stripe import client
from app.payments.stripe.events import Event, Reference, read_object
from app.payments.stripe.http import BRIEF, NORMAL, Limits
from app.web.outages import release_connection
from app.web.problems import Problem

# The shortest time between two checks of a waiting order by its viewers.
CHECK_INTERVAL = timedelta(seconds=10)
# After a change of the key: the order's session is another account's, or the local Stripe's.
SESSION_MISSING = "session_missing"
NOT_THERE = (
    "Stripe does not know this order's Checkout Session: it was created with another account's key or at the local "
    "Stripe."
)


def refresh_order(order: Order, *, limits: Limits = NORMAL) -> Order:
    """Retrieve the order's session from Stripe and settle it. Holds no database connection during the call.

    A waiting order whose session Stripe does not know can't be followed any longer: it expires or, if its payment was
    being processed, goes to review. Raises Problem if Stripe can't respond, and for any other order that it does not
    know.
    """
    if not order.stripe_session_id:
        return order
    release_connection()
    try:
        session = client.retrieve_session(order.stripe_session_id, limits=limits)
    except Problem as problem:
        if not client.is_unknown(problem):
            raise
        if order.status not in Order.WAITING:
            detail = f"{NOT_THERE} Nothing was changed."
            raise Problem(502, SESSION_MISSING, detail, **problem.extra) from problem
        return _close_unknown(order)
    settle([read_object(session)])
    return Order.objects.get(pk=order.pk)


def _close_unknown(order: Order) -> Order:
    if order.status == Order.Status.PENDING:
        return close_unpaid(order.pk, code=SESSION_MISSING, reason=NOT_THERE)
    settle([Event(Reference(order_ids=(order.pk,)), Facts(mismatches=frozenset({NOT_THERE})))])
    return Order.objects.get(pk=order.pk)


def claim_check(order: Order) -> bool:
    """Return whether the caller may check this waiting order at Stripe now; only one of several callers may."""
    now = timezone.now()
    if order.status not in Order.WAITING or now - order.created_at < CHECK_INTERVAL:
        return False
    due = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL)
    return Order.objects.filter(due, pk=order.pk).update(checked_at=now) == 1


def refresh_briefly(order: Order) -> Order:
    """Check the order at Stripe for a viewer: with a short timeout, so that few threads wait."""
    return refresh_order(order, limits=BRIEF)


def close_unpaid(order_id: uuid.UUID, *, code: str, reason: str) -> Order:
    """Expire an order that has no open session at Stripe, with this reason unless a decline gives a better one.

    A payment reported later still counts.
    """
    why = PaymentFacts(decline=Decline(0, code, reason))
    settle([Event(Reference(order_ids=(order_id,)), Facts(session="expired", payments={"": why}))])
    return Order.objects.get(pk=order_id)
