"""Statements that every webhook or checkout runs, by libpq itself.

A cursor of psycopg or Django costs more than all the rest of a webhook (see benchmarks/README.md): it parses, adapts
and keeps what is known beforehand. Here the connection, one of Django's own pool that commits by itself, is told the
statement once, and from then on its name and the values. Postgres only, and never inside a transaction of Django's:
whoever uses it needs another way as well.

Statements of threads that come while another one's is under way go together, in one transaction of libpq's pipeline
mode (PostgreSQL: "Pipeline Mode"): one round trip and one commit for all of them.
"""

import select
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DatabaseError, IntegrityError, OperationalError
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg_pool import ConnectionPool

from app.payments.database import mine
from app.payments.group_commit import GroupCommit

Pool = ConnectionPool[psycopg.Connection[Any]]
Call = tuple[bytes, list[Any]]  # a statement and its parameters

# SQLSTATEs (PostgreSQL: "Error Codes").
NOT_PREPARED = b"26000"  # the connection is new
INTEGRITY = b"23"  # the class of all violated constraints
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


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
    connection = mine().connection
    try:
        # Never a second connection: threads that hold one each and wait for another would wait for each other.
        if connection is not None:
            return _execute(connection, statement, parameters)
        return _together.run((statement, parameters))
    except psycopg.Error as error:
        raise OperationalError(str(error)) from error


def _on_lent(calls: list[Call]) -> list[PGresult | Exception]:
    wrapper: Any = mine()
    pool: Pool = wrapper.pool
    if pool.closed:  # nobody has needed it yet
        pool.open()
    lent = pool.getconn()
    try:
        return (len(calls) > 1 and _in_one_go(lent.pgconn, calls)) or [_tried(lent, *call) for call in calls]
    finally:
        pool.putconn(lent)


_together: GroupCommit[Call, PGresult] = GroupCommit(_on_lent)


def _in_one_go(connection: PGconn, calls: list[Call]) -> list[PGresult | Exception] | None:
    """The calls' results, all of them committed; None when one failed, and then nothing was written."""
    numbers = range(len(calls))
    # In the same order everywhere: two transactions that want the same rows do not wait for each other in a circle.
    order = sorted(numbers, key=lambda number: (calls[number][0], calls[number][1][0] or b""))
    connection.enter_pipeline_mode()
    for statement, parameters in (calls[number] for number in order):
        connection.send_query_prepared(_name(statement), parameters)
    connection.pipeline_sync()
    results = _results_until_sync(connection)
    connection.exit_pipeline_mode()
    # One more than there are calls: constraints that are checked at the end of the transaction.
    if len(results) != len(calls) or any(result.status not in GOOD for result in results):
        return None
    result_of = dict(zip(order, results, strict=True))
    return [result_of[number] for number in numbers]


def _results_until_sync(connection: PGconn) -> list[PGresult]:
    poll = select.poll()
    poll.register(connection.socket, select.POLLIN)
    results: list[PGresult] = []
    while not results or results[-1].status != ExecStatus.PIPELINE_SYNC:
        while connection.is_busy():
            poll.poll()
            connection.consume_input()
        if result := connection.get_result():
            results.append(result)
        elif connection.status != ConnStatus.OK:  # otherwise a statement's results have come to their end
            raise psycopg.OperationalError("The connection was lost.")
    return results[:-1]


def _tried(lent: psycopg.Connection[Any], statement: bytes, parameters: list[Any]) -> PGresult | Exception:
    try:
        return _execute(lent, statement, parameters)
    except (psycopg.Error, DatabaseError) as error:
        return error


def _execute(lent: psycopg.Connection[Any], statement: bytes, parameters: list[Any]) -> PGresult:
    name = _name(statement)
    result = lent.pgconn.exec_prepared(name, parameters)
    if result.error_field(DiagnosticField.SQLSTATE) == NOT_PREPARED:
        lent.pgconn.prepare(name, statement)
        result = lent.pgconn.exec_prepared(name, parameters)
    if result.status not in GOOD:
        code = result.error_field(DiagnosticField.SQLSTATE) or b""
        kind = IntegrityError if code.startswith(INTEGRITY) else OperationalError
        raise kind(result.error_message.decode(errors="replace"))
    return result


def _name(statement: bytes) -> bytes:
    return b"app_%x" % (hash(statement) & 0xFFFFFFFFFFFFFFFF)


def _text(value: Any) -> bytes | None:
    """The value as libpq takes it."""
    if value is None:
        return None
    text = str(value).encode()
    if b"\0" in text:
        raise ValueError("A text with a NUL character.")  # libpq would take it for the end
    return text
