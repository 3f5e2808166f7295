"""Tell payments whose order is lost from all the other events that wait."""

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
                db_default=False, default=False, help_text="Tells that a Checkout Session of ours was paid."
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("outcome", "parked"), ("paid", True)), fields=["id"], name="event_lost_payment"
            ),
        ),
    ]
