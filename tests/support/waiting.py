"""Wait for other processes: the only place that polls."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Only a failing test waits this long; a busy machine may be slow.
WITHIN_S = 90.0


def until(look: Callable[[], T], what: str = "it", *, within: float = WITHIN_S) -> T:
    """Poll `look` and return its first true value; raise AssertionError that names `what` after the timeout."""
    began = time.monotonic()
    while not (seen := look()):
        waited = time.monotonic() - began
        assert waited < within, f"not within {within:g} s: {what} (last seen: {seen!r})"
        # Looking often would take the CPU time that what is awaited needs. So it is noticed at most a tenth late.
        time.sleep(min(max(0.02, waited / 10), 0.25))
    return seen
