"""System checks of the payments app."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from pytest_django import Settings

from app.payments import checks
from tests.support.stack import ROOT, clean_environment


def check_ids() -> list[Any]:
    """Return the ids of the database checks' messages."""
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


@pytest.mark.django_db
def test_the_default_settings_pass_all_checks() -> None:
    assert check_ids() == []


@pytest.mark.django_db
@pytest.mark.postgres
def test_too_many_pooled_connections_give_w001(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.WEB_WORKERS = 1000
    assert check_ids() == ["payments.W001"]
    found = run_checks(tags=[Tags.database], databases=["default"])[0]
    assert "8013 database connections" in found.msg
    assert "DATABASE_POOL_SIZE" in str(found.hint)
    call_command("check", "--database", "default")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_server_logs_the_warning(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.WEB_WORKERS = 1000
    checks.log_warnings()
    assert "payments.W001" in caplog.text


@pytest.mark.parametrize(
    ("old", "new"), [("FULFILMENT_LEASE", "FULFILLMENT_LEASE"), ("SWEEP_INTERVAL", "CATCH_UP_INTERVAL")]
)
def test_a_renamed_variable_works_and_warns(tmp_path: Path, old: str, new: str) -> None:
    env = clean_environment() | {"DATA_DIR": str(tmp_path), old: "77"}
    script = f"from django.conf import settings; assert settings.{new} == 77"
    for command in (["shell", "--command", script], ["check"]):
        run = [sys.executable, "manage.py", *command]
        checked = subprocess.run(run, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert f"(payments.W002) {old} was renamed to {new}." in checked.stderr
    assert f"HINT: Rename it in .env: {new}=" in checked.stderr
