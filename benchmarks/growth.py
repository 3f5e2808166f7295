"""Growth: the same webhooks with a thousand and with a million orders in the database, each with its event."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import PAID, Ours
from benchmarks.databases import orders
from benchmarks.rounds import Result, Table, Target, alternate, say
from benchmarks.webhooks import KINDS, measure
from tests.support.postgres import Postgres

FEW, MANY, MANY_QUICKLY = 1_000, 1_000_000, 100_000
BATCH = 100_000  # orders in one transaction
# Each measurement begins right after a checkpoint, when Postgres logs whole pages at their first change. In production
# there are minutes between two checkpoints.
SECONDS = 15.0
AGE = "now() - random() * interval '90 days'"
MEASURED = ("payment", "dispute")  # orders found by id and by payment


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds, many = (2.0, 1, MANY_QUICKLY) if quick else (SECONDS, 5, MANY)
    table = Table("Growth", "Paid orders of 90 days with items, events and fulfillments; webhooks from 16 clients.")
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

        alternate(rounds, [(contender, kind) for kind in MEASURED for contender in sizes.values()], one)
    large, small = sizes[many].name, sizes[FEW].name
    slowest = min(table.ratio(large, small, f"{KINDS[kind].title.replace(' ', '_')}_per_s") for kind in MEASURED)
    name = f"growth: webhook rate with {many:,} orders and events, of {FEW:,}"
    return Result("growth", [table], [Target(name, slowest, 0.9, 1, "x")])


def _grow(contender: Ours, size: int) -> None:
    say(f"writing {size:,} orders with their history …")
    for start in range(0, size, BATCH):
        batch = orders(f"history-{start}", min(BATCH, size - start))
        contender.database.seed(batch, contender.copies(PAID, events=True, created=AGE))
    contender.database.tidy()
