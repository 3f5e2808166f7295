"""One worker at a time catches up with Stripe."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("job", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("holder", models.CharField(help_text="A random id of the process.", max_length=32)),
                ("until", models.DateTimeField(help_text="By the database's clock.")),
            ],
        ),
    ]
