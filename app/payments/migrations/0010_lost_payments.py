"""Distinguish payments whose order is lost from other parked events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_large_line_prices"),
    ]

    operations = [
        migrations.AddField(
            model_name="stripeevent",
            name="paid",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Reports that one of our Checkout Sessions was paid."
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("outcome", "parked"), ("paid", True)), fields=["id"], name="event_lost_payment"
            ),
        ),
    ]
