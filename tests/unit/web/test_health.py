"""Readiness includes writing: a database with a full disk, or a replica, still answers queries."""

import pytest
from django.db import connection, transaction

from app.web import health
from tests.support.front_door import FrontDoor

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def missing() -> list[str]:
    """Return what /readyz reports as missing, besides the signing secret."""
    found: list[str] = FrontDoor().get("/readyz").json()["missing"]
    return [name for name in found if name != "webhook_secret"]


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("temp_file_limit = '8kB'", id="no room for a file"),
        pytest.param("transaction_read_only = on", id="read-only"),
    ],
)
def test_a_database_that_can_not_be_written_is_not_ready(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_WRITES_EVERY", 0.0)
    assert missing() == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {setting}")
        assert missing() == ["database_writes"]
        transaction.set_rollback(True)
    assert missing() == []
