"""Webhooks of each kind from 16 clients on SQLite, against the tutorial view on SQLite."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import Contender
from benchmarks.rounds import Result, Table, Target, alternate, say
from benchmarks.webhooks import KINDS, measure, row
from tests.support.postgres import Postgres


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds = (2.0, 1) if quick else (4.0, 5)
    table = Table("Webhooks on SQLite, 16 clients", "CPU: per webhook, in milliseconds.")
    ours, tutorial = contenders.ours(), contenders.tutorial(kept=False, sqlite=True)
    kinds = list(KINDS)
    steps: list[tuple[Contender, str]] = [
        (tutorial, "payment"), *((ours, kind) for kind in kinds[:3]),
        (tutorial, "payment"), *((ours, kind) for kind in kinds[3:]),
    ]  # fmt: skip
    with ExitStack() as stack:
        servers = {}
        for contender in (ours, tutorial):
            contender.prepare(None, folder)
            servers[contender.name] = stack.enter_context(contender.server())

        def one(step: tuple[Contender, str], number: int) -> None:
            contender, kind = step
            found = measure(contender, servers[contender.name], kind, seconds=seconds)
            numbers = {name: value for name, value in found.columns().items() if name != "of_it_database"}
            table.add(row(contender, kind), number, failed=found.load.failed, **numbers)
            say(f"{row(contender, kind)}: {found.load.rate:.0f}/s, p99 {found.load.p99:.0f} ms")

        alternate(rounds, steps, one)
    mine = [row(ours, kind) for kind in kinds]
    for name in mine:
        table.add(name, 0, of_the_tutorial=table.ratio(name, tutorial.name, "per_s"))
    targets = [
        Target(f"SQLite, {name}, of the tutorial view", table.ratio(name, tutorial.name, "per_s"), 1, 1.5, "x")
        for name in mine
    ]
    return Result("sqlite", [table], targets)
