"""Pruning: only the newest entries are kept, so that disk and memory use stay flat."""

from __future__ import annotations

from stripe_emulator.clock import Clock
from stripe_emulator.config import Config
from stripe_emulator.storage.idempotency import KEPT_FOR
from stripe_emulator.storage.store import Store

#: The number of inserts of a kind after which its old entries are pruned.
_EVERY = 500


class Pruning:
    """The pruning, which runs every few hundred writes. Pending deliveries and their events are kept."""

    def __init__(self, store: Store, clock: Clock, config: Config) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._answers = 0

    def answered(self) -> None:
        """Count a write, and prune the kinds that have grown."""
        store = self._store
        grown = [kind for kind, inserted in store.inserted.items() if inserted >= _EVERY]
        for kind in grown:
            store.inserted[kind] = 0
            self._prune_kind(kind)
            if kind == "event":
                self._prune_deliveries()
        self._answers += 1
        if self._answers >= _EVERY:
            self._answers = 0
            self._prune_keys()
        if grown or not self._answers:
            store.commit()

    def _prune_kind(self, kind: str) -> None:
        config, write = self._config, self._store.write
        limit = config.keep_events if kind == "event" else config.keep_objects
        row = self._store.db.execute(
            "SELECT seq FROM entities WHERE kind=? ORDER BY seq DESC LIMIT 1 OFFSET ?", (kind, limit)
        ).fetchone()
        if row is None:
            return
        old = "kind=? AND seq<=? AND keep=0"
        if kind == "event":
            old += " AND id NOT IN (SELECT event FROM deliveries WHERE state='pending')"
        values = (kind, row[0])
        write(f"DELETE FROM links WHERE seq IN (SELECT seq FROM entities WHERE {old})", values)  # noqa: S608
        write(f"DELETE FROM entities WHERE {old}", values)  # noqa: S608
        self._store.forget_cached()

    def _prune_deliveries(self) -> None:
        write, keep = self._store.write, self._config.keep_events
        newest = "SELECT coalesce(max(id), 0) FROM deliveries"
        write(f"DELETE FROM deliveries WHERE state!='pending' AND id<=({newest})-?", (keep,))  # noqa: S608
        write("DELETE FROM attempts WHERE delivery NOT IN (SELECT id FROM deliveries)")

    def _prune_keys(self) -> None:
        write, config = self._store.write, self._config
        limit = self._clock.now() - KEPT_FOR
        oldest = self._store.db.execute("SELECT created FROM idempotency ORDER BY rowid LIMIT 1").fetchone()
        if oldest and oldest[0] < limit:
            write("DELETE FROM idempotency WHERE created<?", (limit,))
        newest = "SELECT coalesce(max(rowid), 0) FROM idempotency"
        write(f"DELETE FROM idempotency WHERE rowid<=({newest})-?", (config.keep_events,))  # noqa: S608
