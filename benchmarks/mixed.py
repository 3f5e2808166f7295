"""Webhooks while buyers wait for Stripe: slow responses must not delay events."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import contenders, payloads
from benchmarks.checkout import CLIENTS, DELAY, RATES, buyers
from benchmarks.contenders import Contender
from benchmarks.databases import orders
from benchmarks.load import Wrk
from benchmarks.open_loop import Arrivals
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import Server, upstream
from tests.support.postgres import Postgres

WEBHOOKS = 100  # per second: four events for each of a sandbox's 25 payments
CHECKOUTS = max(RATES)  # per second: the most that a live account can make

ALONE, BUSY, ARRIVING = "alone", f"with {CLIENTS} checkouts", f"with {CHECKOUTS} checkouts per second"


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds = (5.0, 1) if quick else (15.0, 5)
    note = (
        f"{WEBHOOKS} webhooks arrive per second. {CLIENTS} concurrent buyers start again after each response, or "
        f"{CHECKOUTS} buyers arrive per second; Stripe responds after 300 ms. Bare callables: LIMIT-A for webhooks."
    )
    table = Table("Webhooks during checkouts", note)
    ours, bare = contenders.ours(), contenders.limits()
    with upstream(folder, DELAY) as url, ExitStack() as stack:
        servers: dict[str, Server] = {}
        for contender in (ours, bare):
            contender.env["STRIPE_EMULATOR_URL"] = url
            contender.prepare(postgres, folder)
            servers[contender.name] = stack.enter_context(contender.server())

        def send(contender: Contender, load: str, number: int) -> None:
            """Send webhooks about new orders."""
            batch, count = f"{load}-{number}", int(WEBHOOKS * seconds * 1.5)
            contender.seed(batch, count)
            bodies = (payloads.event_body("payment", order) for order in orders(batch, count))
            payloads.write_webhooks(folder / "events", contender.path, bodies)
            url = servers[contender.name].url
            with Arrivals(url, folder / "events", rate=WEBHOOKS, seconds=seconds) as webhooks:
                found = webhooks.result()
            row = _row(contender, load)
            if found.failed:
                raise BenchmarkError(f"webhooks, {row}: {found}")
            table.add(row, number, p50_ms=found.p50, p99_ms=found.p99)
            say(f"{row}: p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms")

        def one(step: tuple[Contender, str], number: int) -> None:
            contender, load = step
            url, longer = servers[contender.name].url, seconds + 3
            if load == BUSY:
                with Wrk(url, buyers(folder), clients=CLIENTS, seconds=longer, repeat=True) as shopping:
                    send(contender, load, number)
                    bought = shopping.result()
                if bought.failed or bought.broken:
                    raise BenchmarkError(f"checkouts during webhooks: {bought}")
                table.add(_row(contender, load), number, checkouts_per_s=bought.rate)
            elif load == ARRIVING:
                with Arrivals(url, buyers(folder), rate=CHECKOUTS, seconds=longer) as arriving:
                    send(contender, load, number)
                    served = arriving.result()
                if served.failed:
                    raise BenchmarkError(f"checkouts during webhooks: {served}")
            else:
                send(contender, load, number)

        alternate(rounds, [(contender, load) for load in (ALONE, BUSY, ARRIVING) for contender in (ours, bare)], one)

    def ratio(contender: Contender, load: str) -> float:
        return table.ratio(_row(contender, load), _row(contender, ALONE), "p99_ms")

    targets = [
        Target(f"webhook: p99 {BUSY}, of alone", ratio(ours, BUSY), 3, 1.5, "x", most=True),
        Target(f"webhook: p99 {ARRIVING}, of alone", ratio(ours, ARRIVING), unit="x", most=True),
        Target(f"{bare.name}: webhook p99 {BUSY}, of alone", ratio(bare, BUSY), unit="x", most=True),
    ]
    return Result("mixed", [table], targets)


def _row(contender: Contender, load: str) -> str:
    return f"{contender.name}, {load}"
