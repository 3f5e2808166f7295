"""The state: one SQLite row per object, with a cache of recently used objects.

A request is executed between two awaits, so requests never see each other's partial changes. A commit before the
response makes the changes survive `kill -9` (WAL without a sync per commit: the operating system has the bytes). The
cache is bounded, so memory use stays flat.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stripe_emulator.jsontext import JSON, compact
from stripe_emulator.storage.database import open_database
from stripe_emulator.storage.entity import Entity, links_of, row_of

_CACHED = 2000


class Store:
    """The objects by kind and id, and the tables of deliveries and idempotency keys."""

    def __init__(self, path: Path | None, linked: Mapping[str, tuple[str, ...]]) -> None:
        """Open the state. `linked` names, by kind, the fields that are indexed."""
        self.db = open_database(path)
        self._linked = linked
        self._cache: dict[tuple[str, str], Entity] = {}
        self._dirty: dict[tuple[str, str], Entity] = {}
        self._after: list[Callable[[], None]] = []
        self._seq: int = self.db.execute("SELECT coalesce(max(seq), 0) FROM entities").fetchone()[0]
        self.inserted: dict[str, int] = {}

    # Reading

    def get(self, kind: str, wanted: str) -> Entity | None:
        """Return the object, or None. It is the same instance until the next commit: change it, then `save` it."""
        key = (kind, wanted)
        entity = self._cache.get(key)
        if entity is None:
            self.flush()
            row = self.db.execute(
                "SELECT kind,id,data,private,due,keep,created,seq FROM entities WHERE kind=? AND id=?", key
            ).fetchone()
            entity = self._load(row) if row else None
        return entity

    def look(self, kind: str, name: str, value: str) -> list[JSON]:
        """Return all objects of a kind whose `id`, or whose field `name` of `linked_fields`, is `value`."""
        if name != "id":
            return [each.data for each in self.linked(kind, name, value)]
        entity = self.get(kind, value)
        return [entity.data] if entity else []

    def text(self, kind: str, wanted: str) -> str | None:
        """Return the stored text of an object whose exact bytes matter (events)."""
        self.flush()
        row = self.db.execute("SELECT data FROM entities WHERE kind=? AND id=?", (kind, wanted)).fetchone()
        return row[0] if row else None

    def select(self, where: str, values: tuple[Any, ...] = ()) -> Iterator[Entity]:
        """Yield entities by one of our own SQL conditions (never a request's), e.g. `kind=? ORDER BY seq`."""
        self.flush()
        columns = "e.kind,e.id,e.data,e.private,e.due,e.keep,e.created,e.seq"
        for row in self.db.execute(f"SELECT {columns} FROM entities e WHERE {where}", values):  # noqa: S608
            yield self._cache.get((row[0], row[1])) or self._load(row)

    def linked(self, kind: str, name: str, value: str) -> list[Entity]:
        """Return all of a kind whose field `name`, one of `linked_fields`, is `value`, oldest first."""
        condition = "e.seq IN (SELECT seq FROM links WHERE kind=? AND field=? AND value=?) ORDER BY e.seq"
        return list(self.select(condition, (kind, name, value)))

    def linked_fields(self, kind: str) -> tuple[str, ...]:
        """Return the indexed fields of a kind."""
        return self._linked.get(kind, ())

    def _load(self, row: tuple[Any, ...]) -> Entity:
        kind, wanted, data, private, due, keep, created, seq = row
        public: JSON = json.loads(data)
        secret: JSON = json.loads(private) if private else {}
        entity = Entity(kind, wanted, public, secret, due, bool(keep), created, seq)
        entity.links = links_of(entity, self.linked_fields(entity.kind))
        self._cache[kind, wanted] = entity
        return entity

    # Writing

    def insert(self, entity: Entity) -> Entity:
        """Store a new object; other requests see it after the commit."""
        self._seq += 1
        entity.seq = self._seq
        entity.created = entity.created or int(entity.data.get("created", 0))
        self.inserted[entity.kind] = self.inserted.get(entity.kind, 0) + 1
        self._dirty[entity.kind, entity.id] = entity
        # An entity with its own text is a snapshot: its `data` refers to objects that may change later.
        if entity.text is None:
            self._cache[entity.kind, entity.id] = entity
        return entity

    def save(self, entity: Entity) -> None:
        """Store a changed object."""
        self._dirty[entity.kind, entity.id] = entity

    def delete(self, entity: Entity) -> None:
        """Remove an object."""
        self.flush()
        self._cache.pop((entity.kind, entity.id), None)
        self.write("DELETE FROM entities WHERE seq=?", (entity.seq,))
        self._unlink(entity)

    def write(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement as part of the current transaction."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN")
        return self.db.execute(sql, values)

    def flush(self) -> None:
        """Write the changes, without committing them."""
        if not self._dirty:
            return
        dirty, self._dirty = list(self._dirty.values()), {}
        if not self.db.in_transaction:
            self.db.execute("BEGIN")
        self.db.executemany("INSERT OR REPLACE INTO entities VALUES (?,?,?,?,?,?,?,?)", map(row_of, dirty))
        for entity in dirty:
            links = links_of(entity, self.linked_fields(entity.kind))
            if links != entity.links:
                self._relink(entity, links)

    def _relink(self, entity: Entity, links: frozenset[tuple[str, str]]) -> None:
        self._unlink(entity)
        rows = [(entity.kind, name, value, entity.seq) for name, value in links]
        self.db.executemany("INSERT OR IGNORE INTO links VALUES (?,?,?,?)", rows)
        entity.links = links

    def _unlink(self, entity: Entity) -> None:
        gone = [(entity.kind, name, value, entity.seq) for name, value in entity.links]
        if gone:
            self.db.executemany("DELETE FROM links WHERE kind=? AND field=? AND value=? AND seq=?", gone)

    # Transactions

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the current changes are durable; never if they are rolled back."""
        self._after.append(action)

    def commit(self) -> None:
        """Make all changes durable, then run the `after_commit` actions."""
        self.flush()
        if self.db.in_transaction:
            self.db.execute("COMMIT")
        if len(self._cache) > _CACHED:
            for key in list(self._cache)[: len(self._cache) - _CACHED // 2]:
                del self._cache[key]
        actions, self._after = self._after, []
        for action in actions:
            action()

    def forget_cached(self) -> None:
        """Empty the cache, because rows were deleted by SQL."""
        self.flush()
        self._cache.clear()

    def rollback(self) -> None:
        """Discard all changes since the last commit, in memory too."""
        self._dirty.clear()
        self._after.clear()
        self._cache.clear()
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def clear(self, kept: str | None) -> None:
        """Delete everything, including the clock's offset, except objects of the kind `kept` (which have no links)."""
        self._dirty.clear()
        self._cache.clear()
        self.write("DELETE FROM entities WHERE kind IS NOT ?", (kept,))
        for table in ("links", "deliveries", "attempts", "idempotency", "settings"):
            self.write(f"DELETE FROM {table}")  # noqa: S608
        self.commit()

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        self.db.close()

    # Settings

    def setting(self, name: str) -> Any:
        """Return a stored setting, or None."""
        row = self.db.execute("SELECT value FROM settings WHERE name=?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting with the next commit."""
        self.write("INSERT OR REPLACE INTO settings VALUES (?,?)", (name, compact(value)))
