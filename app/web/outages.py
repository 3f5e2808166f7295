"""Database connections: released while waiting for Stripe, and discarded once they are dead."""

import threading

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Postgres: invalid_sql_statement_name, duplicate_prepared_statement. The pooler gave us another client's connection.
LOST_STATEMENTS = ("26000", "42P05")


def reason_of(error: Exception) -> str:
    """Return why the database can't be used, in one line; empty if the error has another cause."""
    if getattr(error.__cause__, "sqlstate", "") in LOST_STATEMENTS:
        return "a connection pooler loses prepared statements. Set DATABASE_PREPARED_STATEMENTS=0."
    return str(error).partition("\n")[0] if isinstance(error, OperationalError | InterfaceError) else ""


class _ThisThread(threading.local):
    def __init__(self) -> None:
        self.wrapper: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]


_this_thread = _ThisThread()


def thread_connection() -> BaseDatabaseWrapper:
    """Return this thread's Django connection, open or not. Cached: Django's own lookup costs as much as a statement."""
    return _this_thread.wrapper


def release_connection() -> None:
    """Return this thread's connection to the pool. Call it before waiting for Stripe.

    SQLite has no pool: its connections stay open, because opening the file takes longer than settling an event.
    """
    if getattr(thread_connection(), "pool", None):
        _close_connection()


def forget_dead_connections() -> None:
    """Check all pooled connections at once: after a restart of Postgres, every one is dead."""
    _close_connection()
    if pool := getattr(thread_connection(), "pool", None):
        pool.check()


def _close_connection() -> None:
    wrapper = thread_connection()
    if wrapper.connection is not None and not wrapper.in_atomic_block:  # in tests only
        wrapper.close()
