"""Wait for other processes: the only place that polls."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Only a failing test waits this long; a busy machine may be slow.
WITHIN_S = 90.0


def until(look: Callable[[], T], what: str = "it", *, within: float = WITHIN_S) -> T:
    """Poll `look` and return its first true value; raise AssertionError that names `what` after the timeout."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what} (last seen: {seen!r})"
        time.sleep(0.02)
    return seen
