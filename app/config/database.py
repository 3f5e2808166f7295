"""Django's settings for the database that DATABASE_URL names."""

import os
import pkgutil
import re
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from app.config.env import Environment

SQLITE_OPTIONS = {
    # WAL: readers never wait for the writer. FULL: an event whose webhook got a 200 survives a power failure.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    # Take the write lock at BEGIN: upgrading a read lock later would fail at once instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
}
MIN_FREE = 1024 * 1024  # bytes on the disk of SQLite's file
# Rows that don't fit into the memory, which is set before they are generated. Postgres writes them to a temporary file;
# that needs no transaction log and no vacuum.
WRITE_A_TEMPORARY_FILE = """
SELECT count(*), current_setting('transaction_read_only')
FROM generate_series(1, (SELECT 5000 WHERE set_config('work_mem', '64kB', true) <> ''))
"""
# Opening the file takes longer than settling an event, and the last connection to close copies the whole WAL into it.
SQLITE_MAX_AGE_S = 60


def database(env: Environment, data_dir: Path) -> dict[str, Any]:
    """Return the settings for the database at DATABASE_URL, or for an SQLite file in `data_dir` if that is empty.

    Raises ImproperlyConfigured for any other kind of URL.
    """
    file = data_dir / "db.sqlite3"
    given = env.secret("DATABASE_URL")
    url = given or f"sqlite:///{file}"
    if not given and not file.exists():
        file.touch(mode=0o600)  # SQLite would make it readable by everyone; its other files get the same mode
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        return {**config, "CONN_MAX_AGE": SQLITE_MAX_AGE_S, "OPTIONS": SQLITE_OPTIONS}
    if engine.endswith("postgresql"):
        named = {"application_name": program(), **config.get("OPTIONS", {})}
        options = {**named, **_prepared(env), "pool": _pool(env)}
        # Behind a pooler in transaction mode, a cursor that outlives its transaction would be another client's.
        return {**config, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}
    raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")


def _pool(env: Environment) -> dict[str, int]:
    """Return the pool's options. It can be small, because threads that wait for Stripe hold no connection.

    It should be small, too: only one thread of a process runs Python code at a time, so more threads between two
    statements only delay each other, and webhooks too (benchmarks/README.md).
    """
    return {
        "min_size": 1,
        "max_size": env.integer("DATABASE_POOL_SIZE", 3, low=1, high=1000),
        # Longer than a restart of Postgres, which then goes unnoticed; short enough that threads don't pile up.
        "timeout": 5,  # seconds
        "max_idle": 30,  # seconds until one that was needed only for a burst is closed; each takes 3 MB of Postgres
        # After an outage, reconnect for the next request, instead of retrying in the background with growing delays.
        "reconnect_timeout": 2,  # seconds
    }


def _prepared(env: Environment) -> dict[str, Any]:
    """Return the options for prepared statements, if they are enabled.

    They halve the database's work for an event. A pooler in transaction mode (PgBouncer) shares connections between
    clients, which would then see each other's statements, so they are off by default.
    """
    return {"server_side_binding": True, "prepare_threshold": 5} if env.boolean("DATABASE_PREPARED_STATEMENTS") else {}


def program() -> str:
    """Return this program's name for pg_stat_activity: `web@HOST:PID`, `worker@HOST:PID` or `command@HOST:PID`.

    All processes of a server have the same one, because they are forked from the first.
    """
    role = "web" if "gunicorn" in sys.argv[0] else "worker" if "db_worker" in sys.argv[1:2] else "command"
    return f"{role}@{socket.gethostname()[:40]}:{os.getpid()}"  # Postgres keeps 63 characters


def check_writable(connection: BaseDatabaseWrapper) -> None:
    """Write a little to the disk of the database, and leave nothing behind. Raises DatabaseError, as for a full disk.

    A full disk still answers queries, and updates rows where there is room left.
    """
    if connection.vendor != "postgresql":
        folder = Path(connection.settings_dict["NAME"]).parent
        if folder.is_dir() and shutil.disk_usage(folder).free < MIN_FREE:
            raise OperationalError(f"the disk of {folder} is full")
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITE_A_TEMPORARY_FILE)
        if cursor.fetchone()[1] == "on":
            raise OperationalError("the database is read-only")


def missing_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks. Raises DatabaseError if it can't be read.

    Compares only the files' names: Django's own check imports and runs them all, which takes 5 MB in each process.
    """
    # Imported here, because the settings import this module.
    from django.apps import apps
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations()
    return [
        f"{app.label}.{file.name}"
        for app in apps.get_app_configs()
        for file in pkgutil.iter_modules([f"{app.path}/migrations"])
        if (app.label, file.name) not in applied
    ]


def explain(error: Exception, config: Mapping[str, Any]) -> str:
    """Return one sentence on what is wrong with the database and what to do; empty for any other error."""
    reason = " ".join(str(error).split())
    if "file is not a database" in reason or "malformed" in reason:
        return (
            f"The SQLite file {config['NAME']} is damaged ({reason}): restore a copy of it, or move it away, with its "
            "-wal and -shm files, to start with an empty one."
        )
    if re.search(r'no such table|relation "\S+" does not exist', reason):
        return f"The database has missing tables ({reason}): run ./scripts/run migrate."
    if isinstance(error, OperationalError):
        return f"The database can't be used ({reason}): check that it is running, and check DATABASE_URL."
    return ""
