"""The outbox: work that follows from a change of an order, written in the same transaction as the change."""

from django.db import models
from django.utils import timezone

from app.payments.models.orders import Order


class Task(models.Model):
    """A row of the outbox. Its primary key is the id that the receiver gets, the same on every attempt."""

    class Status(models.TextChoices):
        """The status of a task."""

        PENDING = "pending"
        DONE = "done"
        DEAD = "dead", "failed on every attempt"
        SKIPPED = "skipped", "not due: the order is refunded, disputed or in review"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(
        default=timezone.now,
        help_text="When a worker leases it: at once, after a failed attempt, or when a lease ends.",
    )
    done_at = models.DateTimeField(null=True)

    # The order in which due rows are leased, and the statuses in which a person may have one repeated.
    QUEUE_ORDER: tuple[str, ...] = ("next_attempt_at",)
    REPEATABLE: tuple[Status, ...] = (Status.DEAD,)

    class Meta:
        abstract = True

    @property
    def needs_deliverable_order(self) -> bool:
        """Return whether it is only due while the order is to be fulfilled."""
        return True

    @property
    def has_lines(self) -> bool:
        """Return whether the receiver gets the order's lines, which must be the ones that were bought."""
        return True


class Fulfillment(Task):
    """The fulfillment of an order."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], name="fulfillment_due", condition=models.Q(status="pending")),
            models.Index(fields=["next_attempt_at"], name="fulfillment_dead", condition=models.Q(status="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"


class Message(Task):
    """An email or a call of ORDER_WEBHOOK_URL that reports a change of an order.

    Its text is written when it is sent: it is never outdated, and the database keeps no second copy of personal data.
    """

    class Channel(models.TextChoices):
        """Where a message goes. Sent in alphabetical order: a slow webhook does not delay emails."""

        BUYER = "buyer", "email to the buyer"
        SELLER = "seller", "email to the shop"
        WEBHOOK = "webhook", "webhook"

    class Type(models.TextChoices):
        """What the message reports."""

        PAID = "order.paid", "order paid"
        REFUNDED = "order.refunded", "order refunded"
        REFUND_FAILED = "order.refund_failed", "refund failed"
        INQUIRY = "order.inquiry", "inquiry of a bank"
        DISPUTED = "order.disputed", "order disputed"
        DISPUTE_RESOLVED = "order.dispute_resolved", "dispute resolved"
        NEEDS_REVIEW = "order.needs_review", "order in review"
        PROCESSING = "order.processing", "payment processing"
        FAILED = "order.failed", "payment failed"
        EXPIRED = "order.expired", "order expired"
        CANCELED = "order.canceled", "order canceled"
        # For the shop only.
        DEAD_LETTERS = "dead_letters", "failed deliveries"

    QUEUE_ORDER = ("channel", "next_attempt_at")
    REPEATABLE = (Task.Status.DEAD, Task.Status.DONE, Task.Status.SKIPPED)

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    type = models.CharField(max_length=30, choices=Type.choices)
    amount = models.PositiveBigIntegerField(
        default=0, help_text="The amount that was refunded, or whose refund failed, in the order's minor unit."
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"], name="message_due", condition=models.Q(status="pending")
            ),
            models.Index(fields=["next_attempt_at"], name="message_dead", condition=models.Q(status="dead")),
            models.Index(fields=["-created_at"], name="message_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_type_display()}"

    @property
    def needs_deliverable_order(self) -> bool:
        """Return whether it is only due while the order is to be fulfilled: receivers act on it as on a fulfillment."""
        return self.type == self.Type.PAID

    @property
    def has_lines(self) -> bool:
        """Return whether the receiver gets the order's lines; emails about orders have none."""
        return self.channel == self.Channel.WEBHOOK
