"""The number of processes and threads that serve requests: for gunicorn, and for limits that depend on it."""

import os

from app.config.env import Environment

# A checkout waits for Stripe in its thread and holds nothing else; threads start when they are first needed. Beyond
# four processes, Postgres is the bottleneck: size both together.
MAX_WORKERS = 4
THREADS = 256  # in all processes together
MIN_THREADS = 64  # in each


def workers(env: Environment) -> int:
    """Return WEB_CONCURRENCY, or one process per CPU, but at least two: one serves while the other is replaced."""
    return env.integer("WEB_CONCURRENCY", min(max(_cpus(), 2), MAX_WORKERS), low=1, high=256)


def threads(env: Environment) -> int:
    """Return WEB_THREADS, or one process's share of all threads."""
    return env.integer("WEB_THREADS", max(THREADS // workers(env), MIN_THREADS), low=1, high=4096)


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
