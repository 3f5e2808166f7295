"""The outbox."""

from django.db import models
from django.utils import timezone

from app.payments.models.orders import Order


class Fulfilment(models.Model):
    """The outbox: one row for each paid order, written in the transaction that made it paid."""

    class Status(models.TextChoices):
        """How far the fulfilment is."""

        PENDING = "pending"
        DONE = "done"
        DEAD = "dead", "gave up"

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now, help_text="A worker that died is made up for then.")
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], name="fulfilment_due", condition=models.Q(status="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"
