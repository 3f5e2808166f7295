"""System checks of the payments app."""

from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from pytest_django import Settings

from app.payments import checks


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
