"""Waiting for what other processes do."""

import time
from collections.abc import Callable

WITHIN_S = 30.0


def until(condition: Callable[[], object], what: str, timeout: float = WITHIN_S) -> None:
    """Until the condition holds; AssertionError saying what did not come about."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(0.02)
