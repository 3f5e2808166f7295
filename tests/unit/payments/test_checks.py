"""System checks of the payments app."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from app.payments import checks
from tests.support.stack import ROOT, clean_environment
from tests.support.waiting import until


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
    assert "3008 database connections" in found.msg
    assert "DATABASE_POOL_SIZE" in str(found.hint)
    call_command("check", "--database", "default")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_connections_of_all_replicas_are_counted(settings: Settings) -> None:
    settings.WEB_WORKERS = 2
    connection = connections["default"]
    pool = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    alone = checks.needed_connections("default")
    assert alone == pool * (2 + 1) + checks.SPARE_CONNECTIONS
    programs = ["web@a:1", "web@a:1", "web@b:1", "web@b:2", "worker@c:1", "worker@d:1", "command@e:1", "psql"]
    parameters = connection.get_connection_params()
    with ExitStack() as stack:
        for name in programs:
            stack.enter_context(psycopg.connect(**others(parameters), application_name=name))
        # This test is no server, and no worker.
        assert checks.needed_connections("default") == pool * (3 * 2 + 2) + checks.SPARE_CONNECTIONS
    until(lambda: checks.needed_connections("default") == alone, "the others are gone")


def others(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what another program connects with."""
    return {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if parameters.get(name)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_server_logs_the_warning(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.WEB_WORKERS = 1000
    checks.log_warnings()
    assert "payments.W001" in caplog.text


def test_a_renamed_variable_works_and_warns(tmp_path: Path) -> None:
    renamed = {"FULFILMENT_LEASE": "FULFILLMENT_LEASE", "SWEEP_INTERVAL": "CATCH_UP_INTERVAL"}
    env = clean_environment() | {"DATA_DIR": str(tmp_path)} | dict.fromkeys(renamed, "77")
    values = f"{{getattr(settings, name) for name in {[*renamed.values()]}}}"
    script = f"from django.conf import settings; assert {values} == {{77}}"
    for command in (["shell", "--command", script], ["check"]):
        run = [sys.executable, "manage.py", *command]
        checked = subprocess.run(run, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    for old, new in renamed.items():
        assert f"(payments.W002) {old} was renamed to {new}." in checked.stderr
        assert f"HINT: Rename it in .env: {new}=" in checked.stderr
