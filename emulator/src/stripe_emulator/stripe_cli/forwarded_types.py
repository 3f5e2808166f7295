"""Find out which event types the CLI forwards to its target.

`stripe listen --events …` filters events itself and does not report which types it forwards. It acknowledges a filtered
event in the same way as an event whose target is down. These two must be distinguished: otherwise either lost events
would not be retried, or filtered ones would be resent forever. So each type is on trial until one of its events gets a
response: only one event of the type is in flight, the others wait. A type without responses, while events of other
types get responses, is unwanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

#: A type is unwanted after this many events without a response over this many seconds, while the target is up. Longer
#: than the CLI's timeout for its target (30 s), so that a slow target does not count.
_MISSING = 4
_SECONDS = 60.0
#: After this many seconds, another event continues a trial whose event was given up.
_ABANDONED_AFTER = 300.0


@dataclass(slots=True)
class _Trial:
    """A trial. `delivery` is the type's one event in flight; None if any event may be next."""

    delivery: int | None
    began: float
    tried: float
    missing: int = 0


class ForwardedTypes:
    """The types, by their responses and missing responses. Times are `now`'s, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wanted: set[str] = set()
        self._unwanted: set[str] = set()
        self._trials: dict[str, _Trial] = {}
        self._responded_at = float("-inf")

    def admits(self, event_type: str, delivery: int) -> bool:
        """Return whether this delivery may be sent now; otherwise it must wait for its type's trial."""
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

    def responded(self, event_type: str) -> bool:
        """Record a response. Return True if the type is newly known as wanted, so that waiting events can be sent."""
        self._responded_at = self._now()
        self._unwanted.discard(event_type)
        if event_type in self._wanted:
            return False
        self._wanted.add(event_type)
        self._trials.pop(event_type, None)
        # The target is up: for other types, a waiting event can be sent before the retry of the one on trial.
        for trial in self._trials.values():
            trial.delivery = None
        return True

    def timed_out(self, event_type: str, sent: float) -> bool:
        """Record that an event sent at `sent` got no response. Return True once its type is known to be unwanted."""
        if self._responded_at <= sent:
            # There were no responses at all, so the target may be down: put all types on trial again.
            self._wanted.clear()
            return False
        trial = self._trials.get(event_type)
        if trial is None:
            return False
        trial.missing += 1
        if trial.missing < _MISSING or self._now() - trial.began < _SECONDS:
            return False
        del self._trials[event_type]
        self._unwanted.add(event_type)
        return True

    def forget(self) -> None:
        """Reset: another CLI may have other `--events`."""
        self._wanted.clear()
        self._unwanted.clear()
        self._trials.clear()
