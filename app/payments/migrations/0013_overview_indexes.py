"""Indexes for the admin's start page: partial ones, so that most webhooks write none of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0012_roles"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fulfillment",
            index=models.Index(
                condition=models.Q(("status", "dead")), fields=["next_attempt_at"], name="fulfillment_dead"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("paid_at__isnull", False)), fields=["paid_at"], name="order_paid"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "needs_review")), fields=["created_at"], name="order_review"
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("type__in", ["refund.created", "charge.dispute.created"])),
                fields=["type", "received_at"],
                name="event_overview",
            ),
        ),
    ]
