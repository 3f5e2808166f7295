"""Waiting for what other processes do: the one place that polls."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Says that something will never happen, and measures nothing: a busy machine may be slow.
WITHIN_S = 90.0


def until(look: Callable[[], T], what: str = "it", *, within: float = WITHIN_S) -> T:
    """Look again and again, and return the first true value; AssertionError saying what did not come about."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what} (last seen: {seen!r})"
        time.sleep(0.02)
    return seen
