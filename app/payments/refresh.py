"""Asking Stripe how an order stands, for everybody who can't wait for an event."""

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

# An order that waits is asked about at most this often by those who look at it.
CHECK_INTERVAL = timedelta(seconds=10)


def refresh_order(order: Order, *, limits: Limits = NORMAL) -> Order:
    """Ask Stripe about the order and settle it; raises Problem when Stripe can't say. Holds no database connection
    while it waits."""
    if not order.stripe_session_id:
        return order
    release_connection()
    session = client.retrieve_session(order.stripe_session_id, limits=limits)
    settle([read_object(session)])
    return Order.objects.get(pk=order.pk)


def claim_check(order: Order) -> bool:
    """Return whether the caller may ask Stripe about this waiting order now; of several at once only one may."""
    now = timezone.now()
    if order.status not in Order.WAITING or now - order.created_at < CHECK_INTERVAL:
        return False
    due = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL)
    return Order.objects.filter(due, pk=order.pk).update(checked_at=now) == 1


def refresh_briefly(order: Order) -> Order:
    """Ask Stripe about the order for somebody who only looks at it: soon, and not with every thread there is."""
    return refresh_order(order, limits=BRIEF)


def close_unpaid(order_id: uuid.UUID, *, code: str, reason: str) -> Order:
    """Expire an order that Stripe holds no open session for, with the reason unless a decline gives a better one.

    A payment that is heard of later still counts.
    """
    why = PaymentFacts(decline=Decline(0, code, reason))
    settle([Event(Reference(order_ids=(order_id,)), Facts(session="expired", payments={"": why}))])
    return Order.objects.get(pk=order_id)
