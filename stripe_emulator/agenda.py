"""What has to happen at a moment: sessions expire, bank debits and refunds settle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from stripe_emulator.entity import Entity
from stripe_emulator.work import Work

if TYPE_CHECKING:
    from stripe_emulator.emulator import Emulator

#: By kind of object: what to do when its `due` has come. It may set a new one.
Duty = Callable[[Work, Entity], None]

_BATCH = 200


class Agenda:
    """Asks the store for what is due; sleeps until the next moment. `due` is in the store, so it survives a restart."""

    def __init__(self, emulator: Emulator, duties: Mapping[str, Duty]) -> None:
        self._emulator = emulator
        self._duties = duties
        self._timer: asyncio.TimerHandle | None = None
        self._next = float("inf")
        emulator.clock.watch(self.run)

    def expect(self, due: float) -> None:
        """Something will be due then; sets the timer if that is sooner than all else."""
        if due < self._next:
            self._emulator.store.after_commit(self._arm)

    def run(self) -> None:
        """Do all that is due now."""
        store = self._emulator.store
        while due := list(store.select("e.due <= ? ORDER BY e.due LIMIT ?", (self._emulator.clock.now(), _BATCH))):
            for entity in due:
                self._do(entity)
        self._arm()

    def _do(self, entity: Entity) -> None:
        """One duty, in a transaction of its own: one that fails must not stop the others, nor come back for ever."""
        store, wanted = self._emulator.store, (entity.kind, entity.id)
        entity.due = None
        try:
            self._duties[entity.kind](self._emulator.work(), entity)
        except Exception:
            store.rollback()
            logging.getLogger("stripe_emulator").exception("What was due for %s %s failed", *wanted)
            fresh = store.get(*wanted)
            if fresh is None:
                return
            entity, fresh.due = fresh, None
        store.save(entity)
        store.commit()

    def _arm(self) -> None:
        row = self._emulator.store.db.execute("SELECT min(due) FROM entities WHERE due IS NOT NULL").fetchone()
        self._next = float("inf") if row[0] is None else row[0]
        self.stop()
        if row[0] is None:
            return
        pause = min(max(0.0, self._next - self._emulator.clock.now()), 86400.0)
        self._timer = asyncio.get_running_loop().call_later(pause, self.run)

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
