"""Data survives down and up, an upgrade with a new migration, and a backup with its restore."""

import shutil
from pathlib import Path

import pytest
import stripe

from tests.compose.stack import STRIPE_KEY, ComposeStack

MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("payments", "{latest}")]
    operations = [
        migrations.AddField("order", "note_of_the_upgrade", models.CharField(max_length=20, db_default="added"))
    ]
"""


@pytest.fixture
def paid(stack: ComposeStack) -> tuple[str, str]:
    """A paid order and its session."""
    order, session = stack.check_out()
    stack.pay_at_stripe(session)
    stack.await_paid(order)
    return order, session


def sql(stack: ComposeStack, query: str) -> str:
    return stack.execute("db", "psql", "--username", "app", "--tuples-only", "--no-align", "--command", query)


def test_down_and_up_keep_all_data(stack: ComposeStack, paid: tuple[str, str]) -> None:
    order, session = paid
    events = sql(stack, "SELECT count(*) FROM payments_stripeevent")
    key = stack.execute("app", "cat", "/data/secret_key")
    stack.compose("down")
    stack.up()
    assert stack.order(order)["status"] == "paid"
    assert sql(stack, "SELECT count(*) FROM payments_stripeevent") >= events
    assert stack.execute("app", "cat", "/data/secret_key") == key, "sessions and links must stay valid"
    client = stripe.StripeClient(STRIPE_KEY, base_addresses={"api": stack.emulator_url})
    assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    assert "The database was migrated" not in stack.logs("migrate"), "migrations must run only at the first start"


def test_a_backup_can_be_restored(stack: ComposeStack, paid: tuple[str, str], tmp_path: Path) -> None:
    saved = tmp_path / "saved.dump"
    result = stack.run("scripts/backup", str(saved))
    assert result.returncode == 0, result.stderr
    assert saved.stat().st_mode & 0o777 == 0o600

    later, _ = stack.check_out()
    sql(stack, f"UPDATE payments_order SET status = 'failed' WHERE id = '{paid[0]}'")
    result = stack.run("scripts/restore", str(saved))
    assert result.returncode == 0, result.stderr

    assert stack.order(paid[0])["status"] == "paid"
    assert stack.get(f"/api/orders/{later}/").status == 404, "the order is newer than the backup"
    stack.await_paid(stack.buy())


def test_restoring_a_broken_file_changes_nothing(stack: ComposeStack, paid: tuple[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.dump"
    broken.write_bytes(b"PGDMP but not really")
    result = stack.run("scripts/restore", str(broken))
    assert result.returncode != 0
    assert "nothing was changed" in result.stderr
    assert stack.order(paid[0])["status"] == "paid"


def test_a_backup_without_a_stack_is_refused(stack: ComposeStack, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(stack.folder, tmp_path / "elsewhere")
    result = stack.run("env", "COMPOSE_PROJECT_NAME=not-up", str(elsewhere / "scripts/backup"), str(tmp_path / "none"))
    assert result.returncode == 1
    assert "Is the stack up" in result.stderr
    assert list(tmp_path.glob("none*")) == []


def test_an_upgrade_with_a_migration_keeps_orders(stack: ComposeStack, paid: tuple[str, str]) -> None:
    folder = stack.folder / "app/payments/migrations"
    latest = max(path.stem for path in folder.glob("[0-9]*.py"))
    new = folder / f"{int(latest[:4]) + 1:04}_upgrade.py"
    new.write_text(MIGRATION.format(latest=latest))
    stack.up("--build")  # the tests that follow run on the upgraded installation
    assert "The database was migrated" in stack.logs("migrate")
    assert sql(stack, f"SELECT note_of_the_upgrade FROM payments_order WHERE id = '{paid[0]}'") == "added"
    assert stack.order(paid[0])["status"] == "paid"
