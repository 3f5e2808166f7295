"""Growth: the same webhooks with a thousand orders in the database and with a million, each with its event."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import PAID, Ours
from benchmarks.databases import orders
from benchmarks.rounds import Result, Table, Target, alternate, say
from benchmarks.webhooks import KINDS, measure
from tests.support.postgres import Postgres

FEW, MANY, MANY_QUICKLY = 1_000, 1_000_000, 100_000
AT_ONCE = 100_000  # orders in one transaction
AGE = "now() - random() * interval '90 days'"
ASKED = ("payment", "dispute")  # an order found by its id, and one found by its payment


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Measure."""
    seconds, rounds, many = (2.0, 1, MANY_QUICKLY) if quick else (4.0, 5, MANY)
    table = Table(
        "Growth", "Paid orders of 90 days with their lines, events and fulfillments; webhooks from 16 clients."
    )
    with ExitStack() as stack:
        sizes = {FEW: contenders.ours(f"{FEW:,} orders"), many: contenders.ours(f"{many:,} orders")}
        servers = {}
        for size, contender in sizes.items():
            contender.prepare(postgres, folder)
            _grow(contender, size)
            servers[contender.name] = stack.enter_context(contender.server())

        def one(step: tuple[Ours, str], number: int) -> None:
            contender, kind = step
            found = measure(contender, servers[contender.name], kind, seconds=seconds)
            title = KINDS[kind].title.replace(" ", "_")
            table.add(contender.name, number, **{f"{title}_per_s": found.load.rate, f"{title}_p99_ms": found.load.p99})
            say(f"{contender.name}, {title}: {found.load.rate:.0f}/s")

        alternate(rounds, [(contender, kind) for kind in ASKED for contender in sizes.values()], one)
    large, small = sizes[many].name, sizes[FEW].name
    slowest = min(table.ratio(large, small, f"{KINDS[kind].title.replace(' ', '_')}_per_s") for kind in ASKED)
    name = f"growth: webhook rate with {many:,} orders and events, of {FEW:,}"
    return Result("growth", [table], [Target(name, slowest, 0.9, 1, "x")])


def _grow(contender: Ours, size: int) -> None:
    say(f"writing {size:,} orders with their history …")
    for start in range(0, size, AT_ONCE):
        batch = orders(f"history-{start}", min(AT_ONCE, size - start))
        contender.database.seed(batch, contender.copies(PAID, events=True, created=AGE))
    contender.database.tidy()
