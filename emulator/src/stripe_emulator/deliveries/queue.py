"""The delivery queue: due deliveries, attempts in flight, and retries."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import time
from collections import defaultdict, deque

from stripe_emulator.clock import Clock
from stripe_emulator.config import Config
from stripe_emulator.deliveries.destination import (
    Answer,
    Attempt,
    Destination,
    NoAnswer,
    NotConnected,
    Outcome,
    Unwanted,
)
from stripe_emulator.deliveries.log import DeliveryLog, Pending
from stripe_emulator.deliveries.payload import Payload
from stripe_emulator.deliveries.timers import TimerQueue
from stripe_emulator.faults.rules import Faults
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.store import Store


class Deliveries:
    """The delivery queue: at least once, in any order, retried for `retry_for`. The log makes it survive a restart."""

    def __init__(self, store: Store, clock: Clock, config: Config, faults: Faults) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._faults = faults
        self.log = DeliveryLog(store)
        self.destinations: dict[str, Destination] = {}
        self._timers = TimerQueue(clock, self._start)
        self._parked: dict[str, list[Pending]] = defaultdict(list)
        self._waiting: dict[str, deque[Pending]] = defaultdict(deque)
        self._flying: dict[str, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    # Destinations

    def register(self, destination: Destination) -> None:
        """Deliver events to this destination from now on; it replaces one with the same id.

        The first time, pending deliveries of an earlier process are resumed.
        """
        known = destination.id in self.destinations
        self.destinations[destination.id] = destination
        for pending in [] if known else self.log.pending(destination.id):
            self._timers.add(pending.due, pending)

    def unregister(self, wanted: str) -> None:
        """Stop delivering to this destination; pending deliveries are canceled with the next commit."""
        self.destinations.pop(wanted, None)
        self._parked.pop(wanted, None)
        self._waiting.pop(wanted, None)
        self.log.give_up(wanted)

    def connected(self, wanted: str) -> None:
        """Send what was kept for a destination that has connected."""
        for pending in self._parked.pop(wanted, []):
            self._start(pending)

    def wanting(self, event_type: str) -> list[Destination]:
        """Return the destinations for events of this type."""
        return [each for each in self.destinations.values() if each.wants(event_type)]

    # Queueing

    def queue(self, event_id: str, kind: str, wanting: list[Destination], faults: tuple[JSON, ...] = ()) -> None:
        """Add one delivery per destination; they start once the transaction is committed."""
        plans = self._faults.plan(kind, faults)
        now = self._clock.now()
        for destination in wanting:
            for delay in plans:
                pending = self.log.add(event_id, kind, destination, now, delay)
                if pending:
                    self._store.after_commit(lambda pending=pending: self._schedule(pending))  # type: ignore[misc]

    def _schedule(self, pending: Pending) -> None:
        if pending.due <= self._clock.now():
            self._start(pending)
        else:
            self._timers.add(pending.due, pending)

    def _start(self, pending: Pending) -> None:
        if pending.destination not in self.destinations:
            return
        if self._flying[pending.destination] >= self._config.delivery_concurrency:
            self._waiting[pending.destination].append(pending)
            return
        self._flying[pending.destination] += 1
        task = asyncio.ensure_future(self._attempt(pending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Attempts

    async def _attempt(self, pending: Pending) -> None:
        try:
            destination = self.destinations.get(pending.destination)
            text = self._store.text("event", pending.event_id)
            if destination and text is not None and self.log.is_pending(pending.id):
                payload = Payload(text, self._store)
                attempt = Attempt(pending.id, pending.event_id, pending.kind, payload, pending.tries + 1)
                started = time.monotonic()
                outcome = await _guarded(destination, attempt)
                self._settle(pending, outcome, time.monotonic() - started)
        finally:
            self._flying[pending.destination] -= 1
            waiting = self._waiting.get(pending.destination)
            if waiting:
                self._start(waiting.popleft())

    def _settle(self, pending: Pending, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, NotConnected):
            self._parked[pending.destination].append(pending)
            return
        now = self._clock.now()
        if isinstance(outcome, Unwanted):
            self.log.close(pending, "unwanted")
            self._store.commit()
            return
        pending.tries += 1
        status = outcome.status if isinstance(outcome, Answer) else None
        reason = outcome.reason if isinstance(outcome, NoAnswer) else None
        delivered = status is not None and 200 <= status < 300
        pending.due = now + self._pause(pending.tries)
        late = pending.due - pending.created > self._config.retry_for
        state = "delivered" if delivered else "failed" if late else "pending"
        try:
            self.log.record(pending, state, now, status, reason, seconds)
            self._store.commit()
        except sqlite3.Error as error:
            # Usually a full disk. What can't be recorded is delivered again.
            self._store.rollback()
            logging.getLogger("stripe_emulator").error("Cannot write the state file: %s", error)
            state = "pending"
        if state == "pending":
            self._timers.add(pending.due, pending)

    def _pause(self, tries: int) -> float:
        """Return the pause before the next attempt: exponential, capped, with 20% jitter."""
        pause = min(self._config.retry_first * 2.0 ** min(tries - 1, 30), self._config.retry_cap)
        return pause * random.uniform(0.8, 1.2)  # noqa: S311

    # Stop

    def empty(self) -> None:
        """Forget all destinations and cancel attempts in flight. The log keeps pending deliveries."""
        for task in self._tasks:
            task.cancel()
        self.destinations.clear()
        self._timers.clear()
        self._parked.clear()
        self._waiting.clear()

    async def stop(self) -> None:
        """Empty the queue, and wait until attempts in flight have ended."""
        self.empty()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _guarded(destination: Destination, attempt: Attempt) -> Outcome:
    """Turn an unexpected exception into a failed attempt, so that the delivery is not lost."""
    try:
        return await destination.deliver(attempt)
    except Exception as error:
        logging.getLogger("stripe_emulator").exception("Delivery to %s failed", destination.url)
        return NoAnswer(f"{type(error).__name__}: {error}")
