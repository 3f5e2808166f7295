"""How many processes and threads serve requests. gunicorn asks, and so does whoever has to fit in with it."""

import os

from app.config.env import Environment

# A checkout waits for Stripe in a thread of its own and meanwhile holds nothing else; threads are started when they
# are first needed. Beyond four processes it is Postgres that has to grow first: set both then.
MOST_WORKERS = 4
THREADS = 256  # over all processes
LEAST_THREADS = 64  # in each


def workers(env: Environment) -> int:
    """Return WEB_CONCURRENCY, or one process for each CPU: at least two, so that one can be replaced while one
    answers."""
    return env.integer("WEB_CONCURRENCY", min(max(_cpus(), 2), MOST_WORKERS), low=1, high=256)


def threads(env: Environment) -> int:
    """Return WEB_THREADS, or this process's share of all threads."""
    return env.integer("WEB_THREADS", max(THREADS // workers(env), LEAST_THREADS), low=1, high=4096)


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
