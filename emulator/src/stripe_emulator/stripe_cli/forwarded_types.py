"""Learns which event types the CLI forwards to its target.

`stripe listen --events …` filters on its own: it acknowledges an event that it won't forward just like one whose target
is down, and never tells which types it forwards. Without telling the two apart, either lost events would not be
retried, or unwanted ones would be sent forever. So each type is on trial until one of its events was answered: only
one event of the type is in flight, the others wait. A type without answers, while events of other types are answered,
is unwanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

#: How many times, and over how many seconds, an event has to stay silent while its target is known to be up.
#: Longer than the CLI lets its target take (30 s), so that a slow target is not mistaken.
_SILENCES = 4
_SECONDS = 60.0
#: After so long another event takes over a trial whose event was given up.
_ABANDONED_AFTER = 300.0


@dataclass(slots=True)
class _Trial:
    """`delivery` is the one event of the type that is on its way; None when any may be the next."""

    delivery: int | None
    began: float
    tried: float
    silences: int = 0


class ForwardedTypes:
    """What answers and missing answers tell about the types. Times are `now`'s, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wanted: set[str] = set()
        self._unwanted: set[str] = set()
        self._trials: dict[str, _Trial] = {}
        self._answered = float("-inf")

    def admits(self, event_type: str, delivery: int) -> bool:
        """Return whether this delivery may go out now, or has to wait until its type is decided."""
        if event_type in self._wanted or event_type in self._unwanted:
            return True
        now = self._now()
        trial = self._trials.setdefault(event_type, _Trial(delivery, now, now))
        if trial.delivery is None or now - trial.tried > _ABANDONED_AFTER:
            trial.delivery = delivery
        if trial.delivery != delivery:
            return False
        trial.tried = now
        return True

    def unwanted(self, event_type: str) -> bool:
        """Return whether `--events` filters out this type."""
        return event_type in self._unwanted

    def answered(self, event_type: str) -> bool:
        """Note an answer. Returns True if that was news, so that waiting events may go."""
        self._answered = self._now()
        self._unwanted.discard(event_type)
        if event_type in self._wanted:
            return False
        self._wanted.add(event_type)
        self._trials.pop(event_type, None)
        # The target is up: for other types, a waiting event gets there sooner than one whose retry is still to come.
        for trial in self._trials.values():
            trial.delivery = None
        return True

    def silent(self, event_type: str, sent: float) -> bool:
        """Note that an event sent at `sent` got no answer. Returns True once its type is known to be unwanted."""
        if self._answered <= sent:
            # Nothing was answered: the target may be down, so be careful with all types again.
            self._wanted.clear()
            return False
        trial = self._trials.get(event_type)
        if trial is None:
            return False
        trial.silences += 1
        if trial.silences < _SILENCES or self._now() - trial.began < _SECONDS:
            return False
        del self._trials[event_type]
        self._unwanted.add(event_type)
        return True

    def forget(self) -> None:
        """Start over: another CLI may have other `--events`."""
        self._wanted.clear()
        self._unwanted.clear()
        self._trials.clear()
