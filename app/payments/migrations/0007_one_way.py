"""What was paid beside what was asked for, an order's version, and the outbox as the only queue."""

from typing import Any

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def fill_amounts(apps: Any, schema_editor: Any) -> None:
    """Until now an order that was not exactly its price went to review, so what was paid is what was asked for."""
    order = apps.get_model("payments", "Order")
    paid = order.objects.using(schema_editor.connection.alias).filter(facts__payment="paid")
    paid.update(amount_subtotal=F("amount_total"), amount_paid=F("amount_total"))


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_unwatched_product")]

    operations = [
        migrations.RenameModel(old_name="Fulfilment", new_name="Fulfillment"),
        migrations.RenameIndex(model_name="fulfillment", old_name="fulfilment_due", new_name="fulfillment_due"),
        migrations.AlterField(
            model_name="fulfillment",
            name="next_attempt_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="When a worker takes it (again): at once, after a failure, or when a lease ends.",
            ),
        ),
        migrations.AlterField(
            model_name="fulfillment",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("done", "Done"),
                    ("dead", "gave up"),
                    ("skipped", "not due: the order is refunded, disputed or in review"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        *(
            migrations.AddField(
                model_name="order",
                name=f"amount_{name}",
                field=models.PositiveBigIntegerField(db_default=0, default=0),
            )
            for name in ("subtotal", "discount", "tax", "shipping", "paid")
        ),
        migrations.AddField(
            model_name="order",
            name="version",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Counted with every change of what Stripe told us.",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="amount_total",
            field=models.PositiveBigIntegerField(help_text="What was asked for: the catalog's prices."),
        ),
        migrations.AlterField(
            model_name="order",
            name="facts",
            field=models.JSONField(
                default=dict, help_text="What Stripe has told us so far (payments.facts.Facts)."
            ),
        ),
        migrations.RunPython(fill_amounts, migrations.RunPython.noop, elidable=True),
        # The queue of the version before; what was in it is in the outbox too.
        migrations.RunSQL("DROP TABLE IF EXISTS django_tasks_database_dbtaskresult", migrations.RunSQL.noop),
    ]
