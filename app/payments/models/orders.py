"""Orders, their lines and their refunds."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from app.payments.facts import Facts
from app.payments.models.catalog import Product

MISMATCH = "mismatch"  # the reason_code of an order in review


class Order(models.Model):
    """One purchase. Everything about its payment is derived from `facts`, which only grow."""

    class Status(models.TextChoices):
        """The order's status (see `payments.facts`)."""

        PENDING = "pending"
        PROCESSING = "processing"
        PAID = "paid"
        FAILED = "failed"
        EXPIRED = "expired"
        CANCELED = "canceled"
        PARTIALLY_REFUNDED = "partially_refunded"
        REFUNDED = "refunded"
        DISPUTED = "disputed"
        NEEDS_REVIEW = "needs_review"

    # Statuses in which a payment may still arrive.
    WAITING = (Status.PENDING, Status.PROCESSING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING, editable=False)
    reason_code = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True, help_text="Why the order is not paid.")

    currency = models.CharField(max_length=3)
    amount_total = models.PositiveBigIntegerField(help_text="The sum of the catalog's prices.")
    lines_open = models.BooleanField(
        default=False, db_default=False, help_text="The buyer can change the lines at Stripe; not read back yet."
    )
    # From the completed session; 0 until then.
    amount_subtotal = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_discount = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_tax = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_shipping = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_paid = models.PositiveBigIntegerField(default=0, db_default=0)
    amount_refunded = models.PositiveBigIntegerField(default=0)
    customer_email = models.EmailField(blank=True)
    customer_phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    shipping = models.JSONField(
        default=dict, db_default={}, help_text="The name and address that the buyer entered, as Stripe has them."
    )
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When the personal data was erased.")
    reference = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The integrator's own name for it: a cart, a user.",
    )
    metadata = models.JSONField(default=dict, db_default={}, help_text="The integrator's own keys and values.")
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="The buyer's, for emails. Empty: the shop's."
    )
    livemode = models.BooleanField(default=False)

    stripe_session_id = models.CharField(max_length=255, null=True, default=None)  # noqa: DJ001
    stripe_payment_intent_id = models.CharField(max_length=255, blank=True)
    checkout_url = models.TextField(blank=True)
    # Part of the idempotency key at Stripe: incremented when Stripe would only replay its response to the current key.
    session_attempt = models.PositiveSmallIntegerField(default=0, editable=False)
    facts = models.JSONField(default=dict, help_text="What Stripe has reported so far (payments.facts.Facts).")
    version = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Incremented with every change of the facts."
    )

    return_url = models.TextField(help_text="Where Stripe sends the buyer afterwards; {order_id} is replaced.")
    idempotency_key = models.CharField(max_length=255, null=True, default=None)  # noqa: DJ001
    request_fingerprint = models.CharField(max_length=64, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    paid_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False, help_text="When it was last checked at Stripe.")

    class Meta:
        ordering = ["-created_at"]
        # Besides Django's own: `change_order` allows every action on orders.
        permissions = [
            ("refund_order", "Can refund orders, sync them with Stripe and resend receipts"),
            ("export_order", "Can export orders"),
        ]
        # Declared here, not by `unique` or `db_index`: on Postgres, those create a second index for LIKE. Every webhook
        # would write it, and nothing would read it.
        constraints = [
            models.UniqueConstraint(
                fields=["stripe_session_id"], name="order_session", condition=models.Q(stripe_session_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], name="order_key", condition=models.Q(idempotency_key__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["stripe_payment_intent_id"], name="order_intent"),
            models.Index(fields=["reference"], name="order_reference", condition=~models.Q(reference="")),
            # Newest first, for the admin and the console.
            models.Index(fields=["-created_at"], name="order_newest"),
            # For the admin's overview.
            models.Index(fields=["paid_at"], name="order_paid", condition=models.Q(paid_at__isnull=False)),
            models.Index(fields=["created_at"], name="order_review", condition=models.Q(status="needs_review")),
            # Catch-up reads only waiting orders, however many there are.
            models.Index(
                fields=["created_at"], name="order_waiting", condition=models.Q(status__in=["pending", "processing"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.get_status_display()}"

    @cached_property
    def lines(self) -> "list[OrderItem]":
        """Return the lines, which are read once. Code that inserts them sets them here."""
        return list(self.items.all())

    @property
    def parsed_facts(self) -> Facts:
        """Return the order's facts."""
        return Facts.from_json(self.facts, intent=self.stripe_payment_intent_id)

    @property
    def is_paid(self) -> bool:
        """Return whether the payment succeeded, whatever happened later."""
        return self.parsed_facts.is_paid

    @property
    def amount_due(self) -> int:
        """Return the amount paid or, before that, the amount to pay, in minor units."""
        return self.amount_paid if self.is_paid else self.amount_total

    @property
    def surcharges(self) -> list[tuple[str, int]]:
        """Return the names and minor units of what was added to or, if negative, taken off the prices."""
        amounts = {
            _("Discount"): -self.amount_discount,
            _("Shipping"): self.amount_shipping,
            _("Tax"): self.amount_tax - self.tax_included,
        }
        return [(name, amount) for name, amount in amounts.items() if amount]

    @property
    def tax_included(self) -> int:
        """Return the part of the tax that is already in the prices, in minor units (Stripe: "Tax behavior")."""
        amounts = self.parsed_facts.amounts
        added = amounts.total - (amounts.subtotal - amounts.discount + amounts.shipping)
        return max(self.amount_tax - max(added, 0), 0)

    @property
    def amount_refundable(self) -> int:
        """Return the amount that can still be refunded, in minor units; 0 before the payment."""
        asked = sum(refund.amount for refund in self.refunds.all() if refund.status == Refund.Status.REQUESTED)
        return max(self.amount_paid - self.amount_refunded - asked, 0)

    @property
    def shipping_lines(self) -> list[str]:
        """Return the name and the address to ship to, as on a parcel; empty if the buyer entered none."""
        address = self.shipping.get("address", {})
        place = " ".join(filter(None, (address.get(part) for part in ("postal_code", "city", "state"))))
        lines = (self.shipping.get("name"), address.get("line1"), address.get("line2"), place, address.get("country"))
        return [line for line in lines if line]

    @property
    def buyer_url(self) -> str:
        """Return the URL of the page that the buyer returned to: ours, or the shop's own frontend's."""
        return self.return_url.replace("{order_id}", str(self.pk))

    @property
    def can_be_paid(self) -> bool:
        """Return whether the buyer can still pay at `checkout_url`."""
        return self.status == self.Status.PENDING and bool(self.checkout_url)


class OrderItem(models.Model):
    """A line of an order: a copy of the product and its price at that moment."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    # No database constraint, because the line is a copy: each sale would lock the product's row.
    product = models.ForeignKey(Product, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=250)
    unit_amount = models.PositiveBigIntegerField()
    quantity = models.PositiveIntegerField()
    stripe_price_id = models.CharField(max_length=255, blank=True, default="", db_default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def sum(self) -> int:
        """Return the line's price in minor units."""
        return self.unit_amount * self.quantity


class Refund(models.Model):
    """A refund that we requested. Its id is the idempotency key, so a retry never refunds twice."""

    class Status(models.TextChoices):
        """The status of the request."""

        REQUESTED = "requested", "requested, no answer yet"
        SENT = "sent", "accepted by Stripe"
        REFUSED = "refused", "refused by Stripe"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField(help_text="In the order's minor unit.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    stripe_id = models.CharField(max_length=255, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Like Order.session_attempt.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["created_at"], name="refund_open", condition=models.Q(status="requested")),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.order_id}: {self.status}"

    @property
    def stripe_status(self) -> str:
        """Return its status at Stripe (`pending`, `succeeded`, `failed`, …); empty while unknown."""
        _, status = self.order.parsed_facts.own.refunds.get(self.stripe_id, (0, ""))
        return status
