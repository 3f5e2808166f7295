"""Messages about orders, in the outbox; the buyer's language; and who may see messages."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def let_the_shop_see_messages(apps: Any, schema_editor: object) -> None:
    """Grant the permission. Django creates it after the last migration, which is too late here."""
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="payments", model="message")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename="view_message", defaults={"name": "Can view message"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["support", "owner"]):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0016_checkout_options"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="language",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The buyer's, for emails. Empty: the shop's.",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "status",
                    models.CharField(
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
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="When a worker leases it: at once, after a failed attempt, or when a lease ends.",
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("buyer", "email to the buyer"),
                            ("seller", "email to the shop"),
                            ("webhook", "webhook"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("order.paid", "order paid"),
                            ("order.refunded", "order refunded"),
                            ("order.refund_failed", "refund failed"),
                            ("order.inquiry", "inquiry of a bank"),
                            ("order.disputed", "order disputed"),
                            ("order.dispute_resolved", "dispute resolved"),
                            ("order.needs_review", "order in review"),
                            ("order.processing", "payment processing"),
                            ("order.failed", "payment failed"),
                            ("order.expired", "order expired"),
                            ("order.canceled", "order canceled"),
                            ("dead_letters", "failed deliveries"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "amount",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="The amount that was refunded, or whose refund failed, in the order's minor unit.",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="payments.order",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["channel", "next_attempt_at"],
                        name="message_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "dead")), fields=["next_attempt_at"], name="message_dead"
                    ),
                    models.Index(fields=["-created_at"], name="message_newest"),
                ],
            },
        ),
        # Reversing keeps the permission: the groups may have been changed.
        migrations.RunPython(let_the_shop_see_messages, migrations.RunPython.noop),
    ]
