"""Connections: given back while we wait for others, and found out when they are dead."""

import threading

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Postgres: invalid_sql_statement_name, duplicate_prepared_statement. Another client has this connection's statements.
LOST_STATEMENTS = ("26000", "42P05")


def reason_of(error: Exception) -> str:
    """Return why the database could not be used, in one line; nothing when the error is what it was asked for."""
    if getattr(error.__cause__, "sqlstate", "") in LOST_STATEMENTS:
        return "a connection pooler loses its prepared statements. Set DATABASE_PREPARED_STATEMENTS=0."
    return str(error).partition("\n")[0] if isinstance(error, OperationalError | InterfaceError) else ""


class _ThisThread(threading.local):
    def __init__(self) -> None:
        self.wrapper: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]


_this_thread = _ThisThread()


def mine() -> BaseDatabaseWrapper:
    """This thread's connection as Django has it, open or not. Looked up once: Django's own look takes as long as many
    a statement."""
    return _this_thread.wrapper


def release_connection() -> None:
    """Give this thread's connection back to the pool; call it before waiting for Stripe."""
    wrapper = mine()
    if wrapper.connection is not None and not wrapper.in_atomic_block:  # there (in tests only) it is needed
        wrapper.close()


def forget_dead_connections() -> None:
    """After a restart of Postgres every connection in the pool is dead: find that out once, not in as many requests."""
    release_connection()
    if pool := getattr(mine(), "pool", None):
        pool.check()
