"""Programs that tests start."""

import os

import pytest


def required(program: str | None, reason: str) -> str:
    """Return the program. Without it, skip the test; in CI, fail it."""
    if program:
        return program
    raise (pytest.fail.Exception if os.environ.get("CI") == "true" else pytest.skip.Exception)(reason)
