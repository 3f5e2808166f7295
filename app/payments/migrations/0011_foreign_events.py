"""Tell the events of other installations, which share the Stripe account, from those of other applications."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_lost_payments"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stripeevent",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("received", "received, not processed"),
                    ("applied", "applied to its order"),
                    ("parked", "waits for an order that is not known yet"),
                    ("ignored", "not about an order, or from another application"),
                    ("foreign", "about an order of another installation that shares the Stripe account"),
                    ("failed", "processing failed; it will be retried"),
                ],
                default="received",
                max_length=10,
            ),
        ),
    ]
