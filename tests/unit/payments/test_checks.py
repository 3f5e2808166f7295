"""System checks of the payments app."""

from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from pytest_django import Settings

from app.payments import checks


def check_ids() -> list[Any]:
    """The ids of what the database checks find."""
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


@pytest.mark.django_db
def test_what_ships_finds_nothing_to_complain_about() -> None:
    assert check_ids() == []


@pytest.mark.django_db
@pytest.mark.postgres
def test_pools_that_postgres_has_no_room_for_are_named_w001(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WEB_WORKERS = 1000
    assert check_ids() == ["payments.W001"]
    found = run_checks(tags=[Tags.database], databases=["default"])[0]
    assert "8013 database connections" in found.msg
    assert "DATABASE_POOL_SIZE" in str(found.hint)
    call_command("check", "--database", "default")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_first_server_process_says_so_in_the_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.WEB_WORKERS = 1000
    checks.log_warnings()
    assert "payments.W001" in caplog.text
