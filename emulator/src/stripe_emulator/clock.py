"""The emulator's clock: real time plus an offset that tests can increase."""

from __future__ import annotations

import time
from collections.abc import Callable

_FARTHEST = 400 * 86400


class Clock:
    """Seconds since the epoch, as floats. Turning it runs what is due."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> float:
        """Return the emulator's time. Signatures use real time: receivers check them against their own clock."""
        return time.time() + self.offset

    def seconds(self) -> int:
        """Return the emulator's time in whole seconds."""
        return int(time.time() + self.offset)

    def advance(self, seconds: float) -> None:
        """Turn the clock forward, by 400 days at most. Raises ValueError otherwise: lists are ordered by creation."""
        if not 0 <= seconds <= _FARTHEST:
            raise ValueError(f"The clock can only be turned forward, by at most {_FARTHEST} seconds.")
        before = self.offset
        self.offset += seconds
        try:
            for watcher in self._watchers:
                watcher()
        except Exception:
            self.offset = before  # it could not be stored
            raise

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` each time the clock is turned."""
        self._watchers.append(watcher)
