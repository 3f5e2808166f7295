"""Django's settings for the database that DATABASE_URL names."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from app.config.env import Environment

SQLITE_OPTIONS = {
    # Readers never wait for the writer; FULL: what was answered 200 survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    # Take the write lock at BEGIN: a later upgrade of the lock fails at once instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
}


def database(env: Environment, data_dir: Path) -> dict[str, Any]:
    """The database at DATABASE_URL; an SQLite file in `data_dir` when that is empty.

    Raises ImproperlyConfigured for a URL of another kind.
    """
    file = data_dir / "db.sqlite3"
    url = env.text("DATABASE_URL", f"sqlite:///{file}")
    if not env.text("DATABASE_URL") and not file.exists():
        file.touch(mode=0o600)  # SQLite would let everyone read it; its other files get the mode of this one
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        return {**config, "OPTIONS": SQLITE_OPTIONS}
    if engine.endswith("postgresql"):
        options = {**config.get("OPTIONS", {}), **_prepared(env), "pool": _pool(env)}
        # A cursor that outlives its transaction would be another client's, behind a pooler in transaction mode.
        return {**config, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")


def _pool(env: Environment) -> dict[str, int]:
    """Bounded: threads that wait for Stripe hold no connection (see payments.checkout)."""
    return {
        "min_size": 1,
        "max_size": env.integer("DATABASE_POOL_SIZE", 8, low=1, high=1000),
        # Longer than a restart of Postgres, which nobody notices then; shorter than threads may pile up.
        "timeout": 5,  # seconds
        # After an outage of the database: try anew for whoever asks, instead of ever more seldom by itself.
        "reconnect_timeout": 2,  # seconds
    }


def _prepared(env: Environment) -> dict[str, Any]:
    """Prepared statements halve the database's work for an event. A pooler in transaction mode (PgBouncer) shares
    connections between clients, who would find each other's statements: so they are only used when asked for."""
    return {"server_side_binding": True, "prepare_threshold": 5} if env.boolean("DATABASE_PREPARED_STATEMENTS") else {}


def explain(error: Exception, config: Mapping[str, Any]) -> str:
    """Return what is wrong with the database and what to do, in one sentence; empty for an error of another kind."""
    reason = " ".join(str(error).split())
    if "file is not a database" in reason or "malformed" in reason:
        return (
            f"The SQLite file {config['NAME']} is damaged ({reason}): put back a copy of it, or move it away, with its "
            "-wal and -shm files, to begin with an empty one."
        )
    if re.search(r'no such table|relation "\S+" does not exist', reason):
        return f"The database lacks tables ({reason}): run ./scripts/run migrate."
    if isinstance(error, OperationalError):
        return f"The database can't be used ({reason}): check that it runs, and DATABASE_URL."
    return ""
