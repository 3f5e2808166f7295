"""Which migrations a database lacks."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from app.config.database import missing_migrations

pytestmark = pytest.mark.django_db


def test_a_new_database_lacks_none() -> None:
    assert missing_migrations() == []


@pytest.mark.parametrize("name", ["0001_squashed_0018_lease", "0018_lease"])
def test_one_that_is_not_applied_is_named(name: str) -> None:
    MigrationRecorder(connection).record_unapplied("payments", name)
    assert missing_migrations() == [f"payments.{name}"]


def test_an_empty_database_lacks_all_that_django_knows() -> None:
    MigrationRecorder(connection).flush()
    known = MigrationLoader(None).disk_migrations or {}
    assert sorted(missing_migrations()) == sorted(f"{label}.{name}" for label, name in known)
