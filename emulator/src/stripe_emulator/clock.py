"""The emulator's clock: real time plus an offset that tests can increase."""

from __future__ import annotations

import time
from collections.abc import Callable

_MAX_ADVANCE = 400 * 86400  # seconds


class Clock:
    """The emulator's clock, in seconds since the epoch. Advancing it runs what is due."""

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
        """Advance the clock by up to 400 days. Raises ValueError otherwise: lists are ordered by creation."""
        if not 0 <= seconds <= _MAX_ADVANCE:
            raise ValueError(f"The clock can only be advanced, by at most {_MAX_ADVANCE} seconds.")
        before = self.offset
        self.offset += seconds
        try:
            for watcher in self._watchers:
                watcher()
        except Exception:
            self.offset = before  # it could not be stored
            raise

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` each time the clock is advanced."""
        self._watchers.append(watcher)
