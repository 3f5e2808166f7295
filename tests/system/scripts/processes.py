"""Find the processes of a stack."""

import os
from pathlib import Path

from tests.support.stack import Stack
from tests.support.waiting import WITHIN_S, until


def pids_of(stack: Stack) -> set[int]:
    """Return all processes with the stack's DATA_DIR in their environment, descendants included."""
    mark = f"DATA_DIR={stack.data_dir}\0".encode()
    return {pid for pid in _all_pids() if mark in _environment(pid) + b"\0"}


def await_none_of(stack: Stack, *, within: float = WITHIN_S) -> None:
    """Wait until no process of the stack is left."""
    until(lambda: not pids_of(stack), "no process is left", within=within)


def children(pid: int) -> list[int]:
    """Return the process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208


def _environment(pid: int) -> bytes:
    # Empty for a zombie.
    return _read(pid, "environ")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
