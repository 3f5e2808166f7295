from typing import Any

from django.db import migrations, models
from django.db.models.functions import Lower, Trim


def write_currencies_as_stripe_does(apps: Any, schema_editor: Any) -> None:
    """Convert currencies to lower case, as Stripe returns them: an order in `EUR` would never match `eur`."""
    apps.get_model("payments", "Product").objects.update(currency=Lower(Trim("currency")))


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_one_way"),
    ]

    operations = [
        migrations.AlterField(
            model_name="product",
            name="currency",
            field=models.CharField(default="usd", help_text="The ISO code, like usd.", max_length=3),
        ),
        # 25,000,000.00 IDR, which is about 1,500 USD, is more than an integer column holds.
        migrations.AlterField(
            model_name="product",
            name="unit_amount",
            field=models.PositiveBigIntegerField(
                help_text="In the currency's minor unit: 2000 is 20.00 USD, 2000 JPY, 2.000 KWD."
            ),
        ),
        migrations.RunPython(write_currencies_as_stripe_does, migrations.RunPython.noop, elidable=True),
    ]
