"""Webhooks while 64 buyers wait for Stripe: slow responses must not delay events."""

from pathlib import Path

from benchmarks import contenders, payloads
from benchmarks.checkout import CLIENTS, DELAY, buyers
from benchmarks.databases import orders
from benchmarks.load import Wrk
from benchmarks.open_loop import Arrivals
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import upstream
from tests.support.postgres import Postgres

WEBHOOKS = 100  # per second: four events for each of a sandbox's 25 payments

ALONE, BUSY = "alone", f"with {CLIENTS} checkouts"


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds = (5.0, 1) if quick else (15.0, 5)
    note = f"{WEBHOOKS} webhooks arrive per second; {CLIENTS} concurrent buyers; Stripe responds after 300 ms."
    table = Table("Webhooks during checkouts", note)
    ours = contenders.ours()
    with upstream(folder, DELAY) as url:
        ours.env["STRIPE_EMULATOR_URL"] = url
        ours.prepare(postgres, folder)
        with ours.server() as server:

            def send(row: str, number: int) -> None:
                """Send webhooks about new orders."""
                batch, count = f"{row}-{number}", int(WEBHOOKS * seconds * 1.5)
                ours.seed(batch, count)
                bodies = (payloads.event_body("payment", order) for order in orders(batch, count))
                payloads.write_webhooks(folder / "events", ours.path, bodies)
                with Arrivals(server.url, folder / "events", rate=WEBHOOKS, seconds=seconds) as webhooks:
                    found = webhooks.result()
                if found.failed:
                    raise BenchmarkError(f"webhooks: {found}")
                table.add(row, number, p50_ms=found.p50, p99_ms=found.p99)
                say(f"{row}: p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms")

            def one(row: str, number: int) -> None:
                if row == ALONE:
                    send(row, number)
                    return
                with Wrk(server.url, buyers(folder), clients=CLIENTS, seconds=seconds + 3, repeat=True) as shopping:
                    send(row, number)
                    bought = shopping.result()
                if bought.failed or bought.broken:
                    raise BenchmarkError(f"checkouts during webhooks: {bought}")
                table.add(row, number, checkouts_per_s=bought.rate)

            alternate(rounds, [ALONE, BUSY], one)
    ratio = table.ratio(BUSY, ALONE, "p99_ms")
    return Result("mixed", [table], [Target(f"webhook: p99 {BUSY}, of alone", ratio, 3, 1.5, "x", most=True)])
