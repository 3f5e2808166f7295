"""Timers on the emulator's clock, which can be advanced at any time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from stripe_emulator.clock import Clock

T = TypeVar("T")


class TimerQueue(Generic[T]):
    """A heap with one timer for its earliest entry."""

    def __init__(self, clock: Clock, act: Callable[[T], None]) -> None:
        self._clock = clock
        self._act = act
        self._heap: list[tuple[float, int, T]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        clock.watch(self._run)

    def add(self, due: float, item: T) -> None:
        """Pass `item` to the callback at `due` (emulator time)."""
        entry = (due, next(self._order), item)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry:
            self._arm()

    def clear(self) -> None:
        """Remove all entries."""
        self._heap.clear()
        self._arm()

    def _run(self) -> None:
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            self._act(heapq.heappop(self._heap)[2])
        self._arm()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._heap:
            return
        # At most a day: a longer timer could overflow, so it is set again after a day.
        pause = min(max(0.0, self._heap[0][0] - self._clock.now()), 86400.0)
        self._timer = asyncio.get_running_loop().call_later(pause, self._run)
