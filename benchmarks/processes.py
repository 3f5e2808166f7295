"""CPU time and memory of processes and their children, from Linux's /proc."""

import os
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")  # per second


def family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    found = [pid]
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += family(int(child))
    return found


def cpu_seconds(*pids: int) -> float:
    """Return the CPU seconds used by these processes and their descendants, ended ones included."""
    return sum(_ticks(member) for pid in pids for member in family(pid)) / TICK


def pss(pid: int) -> float:
    """Return the process's proportional set size in MiB: shared pages are divided."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has just ended, and its time counts for its parent
    return sum(map(int, fields[11:15]))  # utime, stime, and those of ended children
