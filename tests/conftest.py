"""What all tests share: the layers, a running system, a Postgres."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.front_door import FrontDoor
from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import Stack

# Those of `scripts/test` that need more than Python, or more time.
LAYERS = {"system", "chaos", "e2e", "cli", "tunnel", "compose"}
# Folders whose tests start whole systems and wait for them: first, so that the quick ones fill the gaps at the end.
SLOW = ("unit/devstack", "unit/fuzz")
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}

# In CI a failure must come from a change, so the examples are always the same. Elsewhere they are random: what
# they find is real. `long` is for an evening. The health checks measure the machine, or warn of shared fixtures.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True, database=None)
settings.register_profile("long", settings.get_profile("default"), max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "default"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A folder that is named like a layer holds its tests; whatever touches the database is a database test."""
    for item in items:
        if (layer := folder_of(item).partition("/")[0]) in LAYERS:
            item.add_marker(layer)
        # Not a second one, which would hide what the module's says of transactions.
        if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)
    items.sort(key=lambda item: not folder_of(item).startswith(SLOW))


def folder_of(item: pytest.Item) -> str:
    """The test's folder under tests/; "" for the emulator's own tests."""
    here = Path(__file__).parent
    return item.path.relative_to(here).parent.as_posix() if item.path.is_relative_to(here) else ""


@pytest.fixture
def client() -> FrontDoor:
    """A browser or a program, in front of the application."""
    return FrontDoor()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real system, ready for payments; one for all tests of a process, so orders of others are in it."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `new_database()` gives a DATABASE_URL."""
    if not find_postgres():
        pytest.skip("no PostgreSQL server on this machine")
    with Postgres() as server:
        yield server
