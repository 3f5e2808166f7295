"""The inbox of Stripe's events, the position of catch-up, and the lease of the worker that does it."""

import json
from typing import Any

from django.db import models
from django.utils import timezone

from app.payments.models.orders import Order


class EventQuerySet(models.QuerySet["StripeEvent"]):
    """Queries for events."""

    def lost_payments(self) -> "EventQuerySet":
        """Return payments of orders that this database no longer has, as after restoring an older backup."""
        return self.filter(outcome=StripeEvent.Outcome.PARKED, paid=True)


class StripeEvent(models.Model):
    """The inbox: every verified event as received, with its outcome."""

    class Outcome(models.TextChoices):
        """The outcome of processing an event."""

        RECEIVED = "received", "received, not processed"
        APPLIED = "applied", "applied to its order"
        PARKED = "parked", "waits for an order that is not known yet"
        IGNORED = "ignored", "not about an order, or from another application"
        FOREIGN = "foreign", "about an order of another installation that shares the Stripe account"
        FAILED = "failed", "processing failed; it will be retried"

    class Source(models.TextChoices):
        """The source of the event; an event from both sources counts as delivered."""

        WEBHOOK = "webhook", "delivered to the webhook"
        CATCH_UP = "catch_up", "fetched by catch-up"

    # Outcomes that can still change.
    OPEN = (Outcome.PARKED, Outcome.FAILED)

    stripe_id = models.CharField(max_length=255)
    type = models.CharField(max_length=100)
    # With a database default: during an upgrade, processes of the previous version still insert rows.
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.WEBHOOK, db_default=Source.WEBHOOK)
    payload = models.TextField(help_text="The event as Stripe sent it.")
    livemode = models.BooleanField(default=False)
    stripe_created = models.PositiveBigIntegerField(default=0, help_text="Seconds since the epoch.")
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, help_text="Empty: not processed; the next delivery retries it.")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RECEIVED)
    error = models.TextField(blank=True)
    paid = models.BooleanField(
        default=False, db_default=False, help_text="Reports that one of our Checkout Sessions was paid."
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="events")
    # For matching a parked event once its order exists.
    order_reference = models.UUIDField(null=True)
    stripe_payment_intent_id = models.CharField(max_length=255, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["stripe_id"], name="event_stripe_id")]
        indexes = [
            models.Index(
                fields=["stripe_payment_intent_id"], name="event_parked_intent", condition=models.Q(outcome="parked")
            ),
            models.Index(fields=["order_reference"], name="event_parked_order", condition=models.Q(outcome="parked")),
            models.Index(fields=["id"], name="event_lost_payment", condition=models.Q(outcome="parked", paid=True)),
            # For the admin's overview: few events, also where there are millions.
            models.Index(
                fields=["type", "received_at"],
                name="event_overview",
                condition=models.Q(type__in=["refund.created", "charge.dispute.created"]),
            ),
            # Catch-up reads only open events, however many there are.
            models.Index(
                fields=["attempts", "id"], name="event_open", condition=models.Q(outcome__in=["parked", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"

    @property
    def stripe_object(self) -> dict[str, Any]:
        """Return the Stripe object in the event; empty if it can't be read."""
        try:
            found = json.loads(self.payload)["data"]["object"]
        except (ValueError, LookupError, TypeError):
            return {}
        return found if isinstance(found, dict) else {}


class Cursor(models.Model):
    """The position of a periodic job."""

    name = models.CharField(max_length=50, primary_key=True)
    position = models.PositiveBigIntegerField(help_text="Seconds since the epoch.")

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class Lease(models.Model):
    """The right of one process to do a periodic job, until a moment that it keeps moving (app.payments.leases)."""

    job = models.CharField(max_length=50, primary_key=True)
    holder = models.CharField(max_length=32, help_text="A random id of the process.")
    until = models.DateTimeField(help_text="By the database's clock.")

    def __str__(self) -> str:
        return f"{self.job} until {self.until}"
