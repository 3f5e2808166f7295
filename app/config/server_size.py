"""The number of processes and threads that serve requests: for gunicorn, and for limits that depend on it."""

import math
import os
from contextlib import suppress
from pathlib import Path

from app.config.env import Environment

# A checkout waits for Stripe in its thread and holds nothing else; threads start when they are first needed. Beyond
# four processes, Postgres is the bottleneck: size both together.
MAX_WORKERS = 4
MAX_THREADS = 256  # in all processes together
THREADS_PER_CPU = 128
MIN_THREADS = 64  # in each process
CGROUPS = Path("/sys/fs/cgroup")


def workers(env: Environment) -> int:
    """Return WEB_CONCURRENCY, or one process per CPU, but at least two: one serves while the other is replaced.

    With a quota of one CPU or less it is one: such a container is one of several.
    """
    cpus, quota = _cpus(), cpu_quota()
    usual = max(cpus, 2) if quota is None else min(max(cpus, 2), math.ceil(quota))
    return env.integer("WEB_CONCURRENCY", min(usual, MAX_WORKERS), low=1, high=256)


def threads(env: Environment) -> int:
    """Return WEB_THREADS, or one process's share of all threads."""
    cpus = _cpus() if (quota := cpu_quota()) is None else min(_cpus(), quota)
    together = min(int(THREADS_PER_CPU * cpus), MAX_THREADS)
    return env.integer("WEB_THREADS", max(together // workers(env), MIN_THREADS), low=1, high=4096)


def cpu_quota(cgroups: Path = CGROUPS) -> float | None:
    """Return the container's CPU quota (`docker run --cpus`, a Kubernetes limit) in CPUs; None if there is none.

    Source: Linux, "Control Group v2" (`cpu.max`) and "CFS Bandwidth Control" (`cpu.cfs_quota_us`).
    """
    with suppress(OSError, ValueError):
        quota, period = (cgroups / "cpu.max").read_text().split()
        return int(quota) / int(period) if quota != "max" else None
    with suppress(OSError, ValueError):
        quota, period = ((cgroups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    return None


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
