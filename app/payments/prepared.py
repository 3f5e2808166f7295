"""Statements that every webhook or checkout runs, by libpq itself.

A cursor of psycopg or Django costs more than all the rest of a webhook (see benchmarks/README.md): it parses, adapts
and keeps what is known beforehand. Here the connection, one of Django's own pool that commits by itself, is told the
statement once, and from then on its name and the values. Postgres only, and never inside a transaction of Django's:
whoever uses it needs another way as well.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import IntegrityError, OperationalError
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg_pool import ConnectionPool

from app.payments.database import mine

Pool = ConnectionPool[psycopg.Connection[Any]]

# SQLSTATEs (PostgreSQL: "Error Codes").
NOT_PREPARED = b"26000"  # the connection is new
INTEGRITY = b"23"  # the class of all violated constraints


def is_possible() -> bool:
    """Whether statements can be run in this way now."""
    wrapper = mine()
    return getattr(wrapper, "pool", None) is not None and not wrapper.in_atomic_block


def execute(statement: bytes, values: Sequence[Any]) -> int:
    """Run the statement with `values` for $1, $2, …; how many rows it wrote, all of them committed.

    Raises Django's IntegrityError and OperationalError, and UnicodeError or ValueError for text that is none.
    """
    return _run(statement, values).command_tuples or 0


def fetch(statement: bytes, values: Sequence[Any]) -> list[list[str]]:
    """The rows of a SELECT, as Postgres writes them, NULL as an empty text; raises like `execute`."""
    result = _run(statement, values)
    return [
        [(result.get_value(row, column) or b"").decode() for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]


def _run(statement: bytes, values: Sequence[Any]) -> PGresult:
    parameters = [_text(value) for value in values]
    wrapper: Any = mine()
    try:
        # Never a second connection: threads that hold one each and wait for another would wait for each other.
        if wrapper.connection is not None:
            return _execute(wrapper.connection, statement, parameters)
        return _execute_on_lent(wrapper.pool, statement, parameters)
    except psycopg.Error as error:
        raise OperationalError(str(error)) from error


def _execute_on_lent(pool: Pool, statement: bytes, parameters: list[Any]) -> PGresult:
    if pool.closed:  # nobody has needed it yet
        pool.open()
    lent = pool.getconn()
    try:
        return _execute(lent, statement, parameters)
    finally:
        pool.putconn(lent)


def _execute(lent: psycopg.Connection[Any], statement: bytes, parameters: list[Any]) -> PGresult:
    name = b"app_%x" % (hash(statement) & 0xFFFFFFFFFFFFFFFF)
    result = lent.pgconn.exec_prepared(name, parameters)
    if result.error_field(DiagnosticField.SQLSTATE) == NOT_PREPARED:
        lent.pgconn.prepare(name, statement)
        result = lent.pgconn.exec_prepared(name, parameters)
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        code = result.error_field(DiagnosticField.SQLSTATE) or b""
        kind = IntegrityError if code.startswith(INTEGRITY) else OperationalError
        raise kind(result.error_message.decode(errors="replace"))
    return result


def _text(value: Any) -> bytes | None:
    """The value as libpq takes it."""
    if value is None:
        return None
    text = str(value).encode()
    if b"\0" in text:
        raise ValueError("A text with a NUL character.")  # libpq would take it for the end
    return text
