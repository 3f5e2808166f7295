"""System checks (`manage.py check --database default`); the first server process also runs them."""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register, run_checks
from django.db import DatabaseError, connections

from app.config.database import program

logger = logging.getLogger(__name__)

# For `manage.py`, backups and people who inspect the database.
SPARE_CONNECTIONS = 5


@register()
def no_old_names(**kwargs: Any) -> list[CheckMessage]:
    """Check for variables with an old name, which still works (payments.W002)."""
    return [
        checks.Warning(f"{old} was renamed to {new}.", hint=f"Rename it in .env: {new}=…", id="payments.W002")
        for old, new in settings.RENAMED_VARIABLES.items()
    ]


@register(Tags.database)
def connections_fit(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that Postgres has enough connections for the pools of all processes (payments.W001)."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor == "postgresql":
            found += _too_many(needed_connections(alias), _allowed_connections(alias))
    return found


def needed_connections(alias: str) -> int:
    """Return the most connections that all servers and workers now running can open, plus a few spare ones.

    Each server has WEB_WORKERS processes; each process has a pool.
    """
    pool = connections[alias].settings_dict["OPTIONS"]["pool"]["max_size"]
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()")
        programs = [program(), *(name for [name] in cursor.fetchall())]
    servers, workers = (len({each for each in programs if each.startswith(role)}) or 1 for role in ("web@", "worker@"))
    return int(pool) * (settings.WEB_WORKERS * servers + workers) + SPARE_CONNECTIONS


def log_warnings() -> None:
    """Log the warnings of these checks. An unavailable database is logged elsewhere."""
    try:
        for message in [*no_old_names(), *run_checks(tags=[Tags.database], databases=list(connections))]:
            logger.warning("%s", message)
    except DatabaseError:
        return
    finally:
        connections.close_all()


def _allowed_connections(alias: str) -> int:
    query = "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def _too_many(needed: int, allowed: int) -> list[CheckMessage]:
    if needed <= allowed:
        return []
    return [
        checks.Warning(
            f"All servers and workers together may need {needed} database connections, but Postgres allows {allowed}.",
            hint="Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY in .env, run fewer replicas, or raise Postgres's "
            "max_connections.",
            id="payments.W001",
        )
    ]
