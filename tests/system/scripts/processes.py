"""Finds what a stack has left running."""

import os
import time
from pathlib import Path

from tests.support.stack import Stack

GONE_WITHIN_S = 20.0


def pids_of(stack: Stack) -> set[int]:
    """Every process that was started with the stack's DATA_DIR in its environment, however far down."""
    mark = f"DATA_DIR={stack.data_dir}\0".encode()
    return {pid for pid in _all_pids() if mark in _environment(pid) + b"\0"}


def await_none_of(stack: Stack) -> None:
    """Until no process of the stack is left; AssertionError with the rest when some stay."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while left := pids_of(stack):
        assert time.monotonic() < deadline, {pid: _command(pid) for pid in left}
        time.sleep(0.02)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208


def _environment(pid: int) -> bytes:
    # Empty for a process that has ended and was not yet waited for.
    return _read(pid, "environ")


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
