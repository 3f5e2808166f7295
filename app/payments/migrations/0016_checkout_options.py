"""Let buyers change lines, and let products name a Price at Stripe."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_personal_data"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="lines_open",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="The buyer can change the lines at Stripe; not read back yet.",
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="stripe_price_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="product",
            name="stripe_price_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A Price at Stripe (price_…) that is charged; import_prices keeps the amount up to date.",
                max_length=255,
            ),
        ),
    ]
