"""Bringing an order to what Stripe knows: the one way by which an order's state changes."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.payments import outbox, stripe_client
from app.payments.database import release_connection
from app.payments.models import Order
from app.payments.state import Facts
from app.payments.stripe_http import BRIEF, PATIENT, Patience
from app.payments.stripe_objects import Reference, StripeObject, email_of, facts_of, id_of, reference_of

# An order that waits is asked about at most this often by those who look at it.
CHECK_INTERVAL = timedelta(seconds=10)


def find_order(reference: Reference) -> uuid.UUID | None:
    """The id of the order that `reference` names, if it is one of ours."""
    orders = Order.objects.values_list("pk", flat=True)
    named = orders.filter(pk=reference.order_id) if reference.order_id else orders.none()
    if not reference.payment_intent_id:
        return named.first()
    paid_by = orders.filter(stripe_payment_intent_id=reference.payment_intent_id)
    if reference.session_id:
        return named.first() or paid_by.first()
    # Whoever refunds elsewhere can write anything into the metadata; the payment is Stripe's own word.
    return paid_by.first() or named.first()


def sync_order(order_id: uuid.UUID, obj: StripeObject, facts: Facts) -> Order:
    """Join `facts`, read from Stripe's object `obj`, to the order; queue its fulfilment if that made it paid.

    Safe under repeated and concurrent calls: the order is locked, and facts only grow. Must run, or runs itself, in
    one transaction with whatever records that `obj` was seen. Raises Order.DoesNotExist.
    """
    # No savepoint: whoever has a transaction open wants all of it or nothing.
    with transaction.atomic(savepoint=False):
        order = Order.objects.select_for_update().get(pk=order_id)
        if _is_of_another_session(order, obj):
            facts = _facts_of_another_session(obj, facts)
        elif _is_of_another_payment(order, obj):
            facts = Facts()
        else:
            facts |= Facts(mismatches=frozenset(_mismatches(order, obj)))
            _adopt_ids(order, obj)
        if order.absorb(facts):
            outbox.add(order)
        order.save()
    return order


def refresh_order(order: Order, *, patience: Patience = PATIENT) -> Order:
    """Ask Stripe about the order and sync it; raises Problem when Stripe can't say. Holds no database connection
    while it waits."""
    if not order.stripe_session_id:
        return order
    release_connection()
    session = stripe_client.retrieve_session(order.stripe_session_id, patience=patience)
    return sync_order(order.pk, session, facts_of(session))


def claim_check(order: Order) -> bool:
    """Whether the caller may ask Stripe about this waiting order now; of several at once only one may."""
    now = timezone.now()
    if order.status not in Order.WAITING or now - order.created_at < CHECK_INTERVAL:
        return False
    due = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL)
    return Order.objects.filter(due, pk=order.pk).update(checked_at=now) == 1


def refresh_briefly(order: Order) -> Order:
    """Ask Stripe about the order for somebody who only looks at it: soon, and not with every thread there is."""
    return refresh_order(order, patience=BRIEF)


def close_unpaid(order_id: uuid.UUID, *, code: str, reason: str) -> Order:
    """Expire an order that Stripe holds no open session for. A payment that is heard of later still counts."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.status == Order.Status.PENDING:
            order.absorb(Facts(session="expired"))
            if not order.reason_code:
                order.reason_code, order.reason = code, reason
            order.save()
    return order


def _adopt_ids(order: Order, obj: StripeObject) -> None:
    reference = reference_of(obj)
    if reference.session_id and not order.stripe_session_id:
        order.stripe_session_id = reference.session_id
        order.checkout_url = obj.get("url") or ""
    if reference.payment_intent_id and (reference.session_id or not order.stripe_payment_intent_id):
        order.stripe_payment_intent_id = reference.payment_intent_id
    order.customer_email = order.customer_email or email_of(obj)


def _is_of_another_session(order: Order, obj: StripeObject) -> bool:
    """Whether `obj` is a Checkout Session that names this order but is not the one opened for it."""
    if obj.get("object") != "checkout.session":
        return False
    if order.stripe_session_id:
        return order.stripe_session_id != obj.get("id")
    return Order.objects.filter(stripe_session_id=obj.get("id")).exists()


def _is_of_another_payment(order: Order, obj: StripeObject) -> bool:
    """Whether `obj` names this order only in its metadata, and belongs to a payment that is not the order's."""
    reference = reference_of(obj)
    if reference.session_id or not reference.payment_intent_id:
        return False
    return order.stripe_payment_intent_id not in ("", reference.payment_intent_id)


def _facts_of_another_session(session: StripeObject, facts: Facts) -> Facts:
    """Only money makes it our business."""
    if not facts.is_paid:
        return Facts()
    return Facts(mismatches=frozenset({f"Another session, {id_of(session)}, was paid for this order."}))


def _mismatches(order: Order, obj: StripeObject) -> list[str]:
    """What in a Checkout Session does not fit the order; it sends the order to review."""
    if obj.get("object") != "checkout.session":
        return []
    expected = {
        "amount_total": order.amount_total,
        "currency": order.currency,
        "livemode": order.livemode,
        "client_reference_id": str(order.pk),
    }
    return [
        f"Stripe's {name} is {obj.get(name)!r:.100}, the order's is {value!r}."
        for name, value in expected.items()
        if obj.get(name) != value
    ]
