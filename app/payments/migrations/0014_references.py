"""Keep an integrator's own reference and metadata with the order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_overview_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="metadata",
            field=models.JSONField(db_default={}, default=dict, help_text="The integrator's own keys and values."),
        ),
        migrations.AddField(
            model_name="order",
            name="reference",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="The integrator's own name for it: a cart, a user.", max_length=200
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True), fields=["reference"], name="order_reference"
            ),
        ),
    ]
