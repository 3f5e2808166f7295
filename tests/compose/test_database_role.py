"""The app's database role owns its database and is no superuser; so it is after an upgrade of version 0.1.0."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.engine import Engine
from tests.compose.stack import ComposeStack, clone, eventually
from tests.unit.payments.upgrade.first_version import POSTGRES

ROLES = "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname"
OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
PAID = "SELECT id FROM payments_order WHERE idempotency_key = 'paid'"
LOG_IN = """
import sys
import psycopg
try:
    psycopg.connect(sys.argv[1]).close()
    print("logged in")
except psycopg.OperationalError as error:
    print(error)
"""


def sql(stack: ComposeStack, query: str, role: str = "app") -> str:
    return stack.execute("db", "psql", "--username", role, "--dbname", "app", "-tA", "--command", query)


def log_in(stack: ComposeStack, role: str, password: str) -> str:
    return stack.execute("app", "python", "-c", LOG_IN, f"postgres://{role}:{password}@db:5432/app")


def check(stack: ComposeStack) -> None:
    """What the roles are, and who can log in from the app's container."""
    assert sql(stack, ROLES).splitlines() == ["app|f|f|f", "postgres|t|t|t"]
    assert sql(stack, OWNERS) == "app"
    assert log_in(stack, "app", "app") == "logged in"
    for password in ("app", "removed", "postgres"):
        assert "authentication failed" in log_in(stack, "postgres", password)
    stack.await_paid(stack.buy())


def test_a_new_volume_has_a_role_for_the_app(stack: ComposeStack) -> None:
    check(stack)
    stack.compose("restart", "db")
    eventually("the app has reconnected", lambda: stack.get("/readyz").status == 200)
    check(stack)


@pytest.fixture
def first_version(engine: Engine, tmp_path: Path) -> Iterator[ComposeStack]:
    """A new installation whose database volume is one that the first version made and filled."""
    name = f"upgrade-{os.getpid()}"
    folder = clone(tmp_path / "clone")
    with ComposeStack(engine, folder, name) as stack:
        new = folder / "docker-compose.yml"
        text = new.read_text()
        shutil.copy(Path(__file__).with_name("first_version.yml"), new)
        stack.compose("up", "--wait", "db")
        assert sql(stack, ROLES) == "app|t|t|t"
        psql = [
            "docker",
            "compose",
            "exec",
            "-T",
            "db",
            "psql",
            "-v",
            "ON_ERROR_STOP=1",
            "-q",
            "-U",
            "app",
            "-d",
            "app",
        ]
        filled = subprocess.run(
            psql, cwd=folder, env=stack.environment, input=POSTGRES.read_text(), text=True, capture_output=True
        )
        assert filled.returncode == 0, filled.stderr
        new.write_text(text)
        yield stack


def test_a_volume_of_the_first_version_gets_one(first_version: ComposeStack, tmp_path: Path) -> None:
    stack = first_version
    stack.up()  # docker compose up, and nothing else
    order = sql(stack, PAID)
    assert stack.order(order)["status"] == "paid"
    check(stack)
    assert "The database was migrated" in stack.logs("migrate")

    saved = tmp_path / "saved.dump"
    assert stack.run("scripts/backup", str(saved)).returncode == 0
    restored = stack.run("scripts/restore", str(saved))
    assert restored.returncode == 0, restored.stderr
    assert stack.order(order)["status"] == "paid"
    check(stack)

    stack.compose("down")
    stack.up()
    check(stack)
