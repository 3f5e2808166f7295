"""Catch up on events missed overnight, which Stripe lists without delay: CPU of each, against a webhook's."""

import resource
import time
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import PENDING, Ours
from benchmarks.databases import orders
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import postmaster, upstream
from benchmarks.webhooks import measure
from tests.support.postgres import Postgres

MISSED, MISSED_QUICKLY = 10_000, 2_000  # events
AWAY = 8 * 3600  # seconds
CATCH_UP, WEBHOOK = "catch_up", "a webhook of a first payment"


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds, missed = (2.0, 1, MISSED_QUICKLY) if quick else (4.0, 5, MISSED)
    note = "CPU: worker or server, and Postgres, per event, in milliseconds, without the command's start."
    table = Table(f"{missed:,} missed events", note)

    def one(row: str, number: int) -> None:
        ours = contenders.ours(f"ours {row} {number}")
        ours.prepare(postgres, folder)
        if row == WEBHOOK:
            with ours.server() as server:
                found = measure(ours, server, seconds=seconds)
            table.add(row, number, per_s=found.load.rate, cpu_ms=found.cpu, of_it_database=found.database_cpu)
        else:
            per_s, worker, database = _catch_up(ours, postgres, folder, missed)
            table.add(row, number, per_s=per_s, cpu_ms=worker + database, of_it_database=database)
        say(f"{row}: {table.rounds(row, 'per_s')[-1]:.0f}/s, {table.rounds(row, 'cpu_ms')[-1]:.2f} ms CPU")

    alternate(rounds, [CATCH_UP, WEBHOOK], one)
    ratio = table.ratio(CATCH_UP, WEBHOOK, "cpu_ms")
    return Result(
        "catch_up", [table], [Target("catch-up: CPU of an event, of a webhook's", ratio, 0.5, 0.25, "x", most=True)]
    )


def _catch_up(ours: Ours, postgres: Postgres, folder: Path, missed: int) -> tuple[float, float, float]:
    """Return events per second, and the CPU time per event of the command and of Postgres, in milliseconds."""
    since = int(time.time()) - AWAY
    created = f"to_timestamp({since})"
    ours.database.seed(orders("missed", missed), ours.copies(PENDING, events=False, created=created))
    ours.database.tidy()
    with upstream(folder, 0, "--events", "missed", str(missed), str(since)) as stripe:
        ours.settings["STRIPE_EMULATOR_URL"] = stripe
        took, worker, database = _command(ours, postgres)
    paid = ours.database.count(f"SELECT count(*) FROM {ours.fulfillments}") - 1  # the template's
    if paid != missed:
        raise BenchmarkError(f"catch_up: {missed} payments were missed, {paid} were recovered")
    with upstream(folder, 0) as stripe:
        ours.settings["STRIPE_EMULATOR_URL"] = stripe
        idle_took, idle_worker, idle_database = _command(ours, postgres)
    per_event = 1000 / missed
    return missed / (took - idle_took), (worker - idle_worker) * per_event, (database - idle_database) * per_event


def _command(ours: Ours, postgres: Postgres) -> tuple[float, float, float]:
    """Run `manage.py catch_up`. Return its seconds, its CPU seconds and Postgres's."""
    began, worker, database = time.monotonic(), _children(), cpu_seconds(postmaster(postgres))
    ours.run("manage.py", "catch_up")
    return time.monotonic() - began, _children() - worker, cpu_seconds(postmaster(postgres)) - database


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
