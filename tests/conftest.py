"""What all tests share: the layers, a running system, a Postgres."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres, find_postgres
from tests.stack import Stack

# Those of `scripts/test` that need more than Python, or more time.
LAYERS = {"chaos", "e2e", "cli", "tunnel", "compose"}
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A folder that is named like a layer holds its tests; whatever touches the database is a database test."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in LAYERS:
            item.add_marker(folder)
        # Not a second one, which would hide what the module's says of transactions.
        if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)


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
