"""Keep the phone number and the shipping address of an order, and when its personal data was erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0014_references"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="customer_phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="order",
            name="erased_at",
            field=models.DateTimeField(editable=False, help_text="When the personal data was erased.", null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="shipping",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="The name and address that the buyer entered, as Stripe has them.",
            ),
        ),
    ]
