"""The emulator's clock: real time plus what a test has turned it forward."""

from __future__ import annotations

import time
from collections.abc import Callable

_FARTHEST = 400 * 86400


class Clock:
    """Seconds since the epoch, as floats. Turning it wakes whoever waits for a moment to come."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> float:
        """The emulator's idea of now. Signatures use real time instead: receivers check them against theirs."""
        return time.time() + self.offset

    def seconds(self) -> int:
        """Now as Stripe writes it: whole seconds."""
        return int(time.time() + self.offset)

    def advance(self, seconds: float) -> None:
        """Turn the clock forward, by 400 days at most. Raises ValueError: lists are ordered by creation."""
        if not 0 <= seconds <= _FARTHEST:
            raise ValueError(f"The clock can only be turned forward, by at most {_FARTHEST} seconds.")
        self.offset += seconds
        for watcher in self._watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` each time the clock is turned."""
        self._watchers.append(watcher)
