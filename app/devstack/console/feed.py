"""The newest orders and events, as shown on the page."""

from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from app.devstack import mailbox
from app.payments.currencies import format_amount
from app.payments.models import Fulfillment, Order, OrderItem, StripeEvent

SHOWN = 30


def lists() -> dict[str, Any]:
    """Return all lists."""
    return {"orders": orders(), "undelivered": undelivered(), "events": events(), "emails": emails()}


def orders() -> list[dict[str, Any]]:
    """Return orders, newest first."""
    found = Order.objects.prefetch_related(Prefetch("items", OrderItem.objects.order_by("pk")))[:SHOWN]
    return [order_row(order) for order in found]


def events() -> list[dict[str, Any]]:
    """Return events, newest first."""
    return [event_row(event) for event in StripeEvent.objects.defer("payload")[:SHOWN]]


def emails() -> list[dict[str, Any]] | None:
    """Return sent emails, newest first; None if a mail server gets them."""
    if not mailbox.is_used():
        return None
    return [
        {
            "id": email.name,
            "to": email.to,
            "subject": email.subject,
            "at": email.at,
            "url": reverse("console:email", args=[email.name]),
        }
        for email in mailbox.newest(SHOWN)
    ]


def undelivered() -> list[dict[str, Any]]:
    """Return paid orders whose fulfillment failed on every attempt, newest first."""
    gave_up = Fulfillment.objects.filter(status=Fulfillment.Status.DEAD).select_related("order")
    return [undelivered_row(each) for each in gave_up.order_by("-next_attempt_at")[:SHOWN]]


def undelivered_row(fulfillment: Fulfillment) -> dict[str, Any]:
    """Return the row of a failed fulfillment."""
    return {
        "id": fulfillment.pk,
        "amount": format_amount(fulfillment.order.amount_due, fulfillment.order.currency),
        "attempts": fulfillment.attempts,
        "error": fulfillment.error,
        "at": fulfillment.order.paid_at,
    }


def order_row(order: Order) -> dict[str, Any]:
    """Return the row of an order."""
    return {
        "id": order.pk,
        "status": order.status,
        "amount": format_amount(order.amount_due, order.currency),
        "items": ", ".join(f"{item.quantity} × {item.name}" for item in order.items.all()),
        "email": order.customer_email,
        "at": order.created_at,
        "checkout_session": order.stripe_session_id,
    }


def event_row(event: StripeEvent) -> dict[str, Any]:
    """Return the row of an event."""
    return {
        "id": event.pk,
        "stripe_id": event.stripe_id,
        "type": event.type,
        "outcome": event.outcome,
        "meaning": event.get_outcome_display(),
        "error": event.error,
        "order": event.order_id,
        "at": event.received_at,
        "attempts": event.attempts,
    }
