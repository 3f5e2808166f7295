"""The amounts paid, an order's version, and the outbox as the only queue."""

import re
from typing import Any

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


OTHER_TOTAL = re.compile(r"Stripe's amount_total is (\d+), ")


def fill_amounts(apps: Any, schema_editor: Any) -> None:
    """Fill in the amounts paid: the order's total or, for an order in review, the amount in its mismatch."""
    orders = apps.get_model("payments", "Order").objects.using(schema_editor.connection.alias)
    paid = orders.filter(facts__payment="paid")
    paid.update(amount_subtotal=F("amount_total"), amount_paid=F("amount_total"))
    for order in paid.exclude(facts__mismatches=[]).iterator():
        if found := OTHER_TOTAL.search(" ".join(order.facts["mismatches"])):
            total = int(found[1])
            order.facts["amounts"] = [total, 0, 0, 0, total]
            order.amount_subtotal = order.amount_paid = total
            order.save(update_fields=["facts", "amount_subtotal", "amount_paid"])
    # Refunds of other payments were counted too, while the order's own payment was unknown.
    orders.exclude(facts__payment="paid").update(amount_refunded=0)


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
                help_text="When a worker leases it: at once, after a failed attempt, or when a lease ends.",
            ),
        ),
        migrations.AlterField(
            model_name="fulfillment",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("done", "Done"),
                    ("dead", "failed on every attempt"),
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
                help_text="Incremented with every change of the facts.",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="amount_total",
            field=models.PositiveBigIntegerField(help_text="The sum of the catalog's prices."),
        ),
        migrations.AlterField(
            model_name="order",
            name="facts",
            field=models.JSONField(
                default=dict, help_text="What Stripe has reported so far (payments.facts.Facts)."
            ),
        ),
        migrations.RunPython(fill_amounts, migrations.RunPython.noop, elidable=True),
        # The queue of the version before; what was in it is in the outbox too.
        migrations.RunSQL("DROP TABLE IF EXISTS django_tasks_database_dbtaskresult", migrations.RunSQL.noop),
        migrations.RunSQL("DELETE FROM django_migrations WHERE app = 'django_tasks_database'", migrations.RunSQL.noop),
    ]
