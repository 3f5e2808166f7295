from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_product_prices")]

    operations = [
        migrations.AlterField(
            model_name="orderitem",
            name="unit_amount",
            field=models.PositiveBigIntegerField(),
        ),
    ]
