"""The scheduler: handles objects when they are due (sessions expire, bank debits and refunds settle)."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from stripe_emulator.clock import Clock
from stripe_emulator.storage.entity import Entity
from stripe_emulator.storage.store import Store

_BATCH = 200
#: Seconds between attempts while the state can't be written.
_UNWRITABLE_S = 1.0


class Scheduler:
    """A timer for the next due object. `due` is stored with the object, so it survives a restart."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._handle: Callable[[Entity], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._next = float("inf")
        clock.watch(self.run)

    def start(self, handle: Callable[[Entity], None]) -> None:
        """Call `handle` with each due object from now on. It may set a new `due`."""
        self._handle = handle
        self.run()

    def expect(self, due: float) -> None:
        """Run at `due`, if that is earlier than the next run."""
        if due < self._next:
            self._store.after_commit(self._arm)

    def run(self) -> None:
        """Handle everything that is due now. If the state can't be written, try again later."""
        try:
            while due := list(self._store.select("e.due <= ? ORDER BY e.due LIMIT ?", (self._clock.now(), _BATCH))):
                for entity in due:
                    self._handle_one(entity)
        except sqlite3.Error as error:
            # Usually a full disk.
            self._store.rollback()
            logging.getLogger("stripe_emulator").error("Cannot write the state file: %s", error)
            self._wake_in(_UNWRITABLE_S)
            return
        self._arm()

    def _handle_one(self, entity: Entity) -> None:
        """Handle an object in its own transaction: an error must neither stop the others nor repeat forever."""
        wanted = (entity.kind, entity.id)
        entity.due = None
        try:
            if self._handle:
                self._handle(entity)
        except sqlite3.Error:
            raise
        except Exception:
            self._store.rollback()
            logging.getLogger("stripe_emulator").exception("The scheduled change of %s %s failed", *wanted)
            fresh = self._store.get(*wanted)
            if fresh is None:
                return
            entity, fresh.due = fresh, None
        self._store.save(entity)
        self._store.commit()

    def _arm(self) -> None:
        row = self._store.db.execute("SELECT min(due) FROM entities WHERE due IS NOT NULL").fetchone()
        self._next = float("inf") if row[0] is None else row[0]
        self.stop()
        if row[0] is not None:
            self._wake_in(min(max(0.0, self._next - self._clock.now()), 86400.0))

    def _wake_in(self, pause: float) -> None:
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(pause, self.run)

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
