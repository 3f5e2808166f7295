"""The contenders' databases: Postgres with its default durability, or an SQLite file."""

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.payloads import order_id
from tests.support.postgres import Postgres

# Ids of orders to insert, for the contenders' statements: as text with and without dashes.
FRESH = "CREATE TEMPORARY TABLE fresh (number integer, uuid text, hex text)"


@dataclass
class Database:
    """One contender's database, with statements in its own dialect."""

    url: str

    @property
    def is_sqlite(self) -> bool:
        """True for an SQLite file."""
        return self.url.startswith("sqlite:")

    def execute(self, *statements: str) -> None:
        """Run the statements one by one."""
        with self._connect() as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def count(self, query: str) -> int:
        """Return the number that `query` selects."""
        with self._connect() as connection:
            return int(connection.execute(query).fetchone()[0])

    def seed(self, orders: Iterable[uuid.UUID], statements: Sequence[str]) -> None:
        """Run the statements with a temporary table `fresh` that contains the orders' ids."""
        rows = [(number, str(order), order.hex) for number, order in enumerate(orders)]
        with self._connect() as connection:
            connection.execute(FRESH)
            if isinstance(connection, sqlite3.Connection):
                connection.executemany("INSERT INTO fresh VALUES (?, ?, ?)", rows)
            else:
                with connection.cursor().copy("COPY fresh FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def copy_rows(self, table: str, column: str, template: uuid.UUID, *, serial: str = "", created: str = "") -> str:
        """Return the statement that copies the rows of `table` whose `column` is `template`, once per fresh order.

        The copy contains the new order's id wherever a value contains the template's. `serial` is the column that the
        database numbers; `created` is an expression for `created_at` (Postgres only).
        """
        if self.is_sqlite:
            return self._copy_in_sqlite(table, column, template, serial)
        changes = [f"'{serial}', nextval(pg_get_serial_sequence('{table}', '{serial}'))"] if serial else []
        changes += [f"'created_at', {created}"] if created else []
        extra = f" || jsonb_build_object({', '.join(changes)})" if changes else ""
        # LATERAL: with (jsonb_populate_record(…)).*, the function would run once per column.
        return f"""
            INSERT INTO {table} SELECT made.* FROM fresh,
            (SELECT to_jsonb(kept)::text AS text FROM {table} AS kept WHERE {column} = '{template}') AS row,
            LATERAL jsonb_populate_record(NULL::{table}, {_replaced("row.text", template)}::jsonb{extra}) AS made"""

    def _copy_in_sqlite(self, table: str, column: str, template: uuid.UUID, serial: str) -> str:
        with self._connect() as connection:
            columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
        values = [
            "NULL" if name == serial
            else f"CASE typeof(kept.{name}) WHEN 'text' THEN {_replaced(f'kept.{name}', template)} ELSE kept.{name} END"
            for name in columns
        ]  # fmt: skip
        kept = f"(SELECT * FROM {table} WHERE {column} = '{template.hex}')"
        return f"INSERT INTO {table} SELECT {', '.join(values)} FROM fresh, {kept} AS kept"

    def tidy(self) -> None:
        """Update the statistics of a filled database, and flush it to disk."""
        with self._connect(autocommit=True) as connection:
            if isinstance(connection, sqlite3.Connection):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("ANALYZE")
            else:
                connection.execute("VACUUM (ANALYZE)")
                connection.execute("CHECKPOINT")

    def milliseconds(self, query: str) -> float:
        """Return Postgres's execution time of `query`."""
        with psycopg.connect(self.url) as connection:
            plan = connection.execute(sql.SQL(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")).fetchone()
        assert plan
        return float(plan[0][0]["Execution Time"])

    def _connect(self, *, autocommit: bool = False) -> Any:
        if not self.is_sqlite:
            return psycopg.connect(self.url, autocommit=autocommit)
        return _ClosingConnection(self.url.removeprefix("sqlite:///"), timeout=30, isolation_level="IMMEDIATE")


class _ClosingConnection(sqlite3.Connection):
    """A connection that closes at the end of its block, as psycopg's does."""

    def __exit__(self, *_: object) -> None:  # type: ignore[override]
        self.close()


def new_database(postgres: Postgres | None, folder: Path, name: str) -> Database:
    """Create an empty database: in `postgres`, or as a file in `folder`."""
    return Database(postgres.new_database() if postgres else f"sqlite:///{folder / name}.sqlite3")


def orders(batch: str, count: int) -> list[uuid.UUID]:
    """Return the ids of a batch of orders."""
    return [order_id(batch, number) for number in range(count)]


def _replaced(text: str, template: uuid.UUID) -> str:
    return f"replace(replace({text}, '{template}', fresh.uuid), '{template.hex}', fresh.hex)"
