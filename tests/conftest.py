"""Fixtures and markers for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.front_door import FrontDoor
from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import Stack

# The layers of `scripts/test` that need more than Python, or more time.
LAYERS = {"system", "chaos", "e2e", "cli", "tunnel", "compose", "scale"}
# Tests in these folders start processes and wait; they run first, so that short tests fill the gaps at the end.
SLOW = ("unit/devstack", "unit/fuzz")
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}

# In CI a failure must come from a change, so examples are derandomized. Elsewhere they are random, and any failure
# is real. `long` is for a run overnight. The health checks measure the machine, or warn about shared fixtures.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True, database=None)
settings.register_profile("long", settings.get_profile("default"), max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "default"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests with their layer's name, and database tests with django_db."""
    for item in items:
        if (layer := folder_of(item).partition("/")[0]) in LAYERS:
            item.add_marker(layer)
        # A second marker would hide the module's own options.
        if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)
    items.sort(key=lambda item: not folder_of(item).startswith(SLOW))


def folder_of(item: pytest.Item) -> str:
    """Return the test's folder under tests/; empty for the emulator's tests."""
    here = Path(__file__).parent
    return item.path.relative_to(here).parent.as_posix() if item.path.is_relative_to(here) else ""


@pytest.fixture
def client() -> FrontDoor:
    """A browser or a program that uses the application."""
    return FrontDoor()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real system, ready for payments; the tests of a process share it, so expect other tests' orders."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `new_database()` returns a DATABASE_URL."""
    if not find_postgres():
        pytest.skip("no PostgreSQL server on this machine")
    with Postgres() as server:
        yield server
