"""Create the groups "support" (sees everything, refunds) and "owner" (everything in the shop).

Both are ordinary groups: rename or change them in the admin. Only superusers manage users and groups.
"""

from typing import Any

from django.db import migrations

VIEWED = ("order", "orderitem", "refund", "fulfillment", "stripeevent", "product")
SUPPORT = [*((model, f"view_{model}") for model in VIEWED), ("order", "refund_order")]
OWNER = [
    *SUPPORT,
    ("order", "change_order"),
    ("order", "export_order"),
    *(("product", f"{verb}_product") for verb in ("add", "change", "delete")),
]
NAMES = {
    "refund_order": "Can refund orders, sync them with Stripe and resend receipts",
    "export_order": "Can export orders",
}


def create_groups(apps: Any, schema_editor: object) -> None:
    Group = apps.get_model("auth", "Group")
    for name, wanted in (("support", SUPPORT), ("owner", OWNER)):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(_permission(apps, model, codename) for model, codename in wanted))


def _permission(apps: Any, model: str, codename: str) -> Any:
    """Return the permission. Django creates permissions after the last migration, which is too late here."""
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="payments", model=model)
    verb = codename.partition("_")[0]
    names = {"orderitem": "order item", "stripeevent": "stripe event"}
    name = NAMES.get(codename, f"Can {verb} {names.get(model, model)}")
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": name}
    )
    return found


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_foreign_events"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("refund_order", "Can refund orders, sync them with Stripe and resend receipts"),
                    ("export_order", "Can export orders"),
                ],
            },
        ),
        # Reversing keeps the groups: people may be in them.
        migrations.RunPython(create_groups, migrations.RunPython.noop),
    ]
