"""Webhooks while 256 buyers start a checkout: do slow answers of Stripe's hold up the events?"""

from pathlib import Path

from benchmarks import contenders, webhooks
from benchmarks.checkout import PATH, upstream
from benchmarks.load import BenchmarkError, Load, Wrk, background
from benchmarks.rounds import Result, Table, Target, alternate, say
from tests.support.postgres import Postgres

BUYERS = 256
CLIENTS = 4


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark."""
    seconds, rounds = (4.0, 1) if quick else (8.0, 3)
    note = f"Webhooks from {CLIENTS} clients, as fast as they are answered; checkouts from {BUYERS}, 300 ms upstream."
    table = Table("Webhooks beside checkouts", note)
    with upstream(folder) as url:
        ours = contenders.ours()
        ours.env["STRIPE_EMULATOR_URL"] = url
        ours.prepare(postgres, folder)

        def one(buyers: int, number: int) -> None:
            with ours.server() as server:
                buying = Wrk(server.url, clients=max(buyers, 1), seconds=seconds + 10, method="POST", path=PATH)
                if not buyers:
                    _add(
                        table,
                        "alone",
                        webhooks.send(ours, server.url, folder, f"a{number}", seconds, CLIENTS, tidy=False),
                    )
                    return
                # Made before the buyers come: the events take some time.
                with background(buying):
                    found = webhooks.send(ours, server.url, folder, f"b{number}", seconds, CLIENTS, tidy=False)
                    bought = buying.result()
                if bought.failed or bought.broken:
                    raise BenchmarkError(f"checkouts beside webhooks: {bought}")
                _add(table, f"with {buyers} checkouts", found, checkouts_per_s=bought.rate)

        alternate(rounds, [0, BUYERS], one)
    ratio = table.ratio(f"with {BUYERS} checkouts", "alone", "p99_ms")
    return Result("mixed", [table], [Target("webhook p99 beside 256 checkouts, of alone", ratio, 3, 2, "x", most=True)])


def _add(table: Table, row: str, found: Load, **more: float) -> None:
    if found.failed or found.broken:
        raise BenchmarkError(f"{row}: {found}")
    table.add(row, per_s=found.rate, p50_ms=found.p50, p99_ms=found.p99, **more)
    say(f"{row}: {found.rate:.0f}/s, p99 {found.p99:.0f} ms")
