"""How many processes and threads serve requests. gunicorn asks, and so does whoever has to fit in with it."""

import os
import resource
from collections.abc import Sequence
from contextlib import suppress

from app.environment import Environment

# A checkout waits for Stripe in a thread of its own and meanwhile holds nothing else; threads are started when they
# are first needed. Beyond four processes it is Postgres that has to grow first: set both then.
MOST_WORKERS = 4
THREADS = 640  # over all processes
LEAST_THREADS = 64  # in each
OTHER_FILES = 512  # open in each process beside its clients' connections: to Stripe and the database, static files


def workers(env: Environment) -> int:
    """WEB_CONCURRENCY, or one process for each CPU: at least two, so that one can be replaced while one answers."""
    return env.integer("WEB_CONCURRENCY", min(max(_cpus(), 2), MOST_WORKERS), low=1, high=256)


def threads(env: Environment) -> int:
    """WEB_THREADS, or this process's share of all threads."""
    return env.integer("WEB_THREADS", max(THREADS // workers(env), LEAST_THREADS), low=1, high=4096)


def connections(wanted: int) -> int:
    """`wanted`, or fewer where the system gives a process fewer open files; asks it for as many as it will give."""
    soft, hard = (2**31 if limit == resource.RLIM_INFINITY else limit for limit in _open_files())
    if soft < wanted + OTHER_FILES:
        soft = min(wanted + OTHER_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, _open_files()[1]))
    return min(wanted, max(soft - OTHER_FILES, soft // 2))


def own_cpu(taken: Sequence[int | None], *, processes: int) -> int | None:
    """The CPU for one more of so many `processes`, beside those that have the CPUs `taken`; None, so that the system
    may choose, where there are not as many processes as CPUs.

    Threads that take turns (Python's GIL) do a quarter more on one CPU, whose caches hold what they share.
    """
    if not hasattr(os, "sched_getaffinity") or _cpus() != processes:
        return None
    return min(sorted(os.sched_getaffinity(0)), key=taken.count)


def stay_on(cpu: int | None) -> None:
    """Keep this process, whose threads are still to be started, on that CPU, and its threads from interrupting each
    other whenever one wakes up."""
    with suppress(AttributeError, OSError):  # not on every system, and not in every container
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})


def _open_files() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
