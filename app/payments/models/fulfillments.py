"""The outbox."""

from django.db import models
from django.utils import timezone

from app.payments.models.orders import Order


class Fulfillment(models.Model):
    """The outbox: one row per order to fulfill, written in the same transaction as its payment."""

    class Status(models.TextChoices):
        """The status of a fulfillment."""

        PENDING = "pending"
        DONE = "done"
        DEAD = "dead", "failed on every attempt"
        SKIPPED = "skipped", "not due: the order is refunded, disputed or in review"

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(
        default=timezone.now,
        help_text="When a worker leases it: at once, after a failed attempt, or when a lease ends.",
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], name="fulfillment_due", condition=models.Q(status="pending")),
            models.Index(fields=["next_attempt_at"], name="fulfillment_dead", condition=models.Q(status="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"
