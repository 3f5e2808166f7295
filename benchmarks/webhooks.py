"""Webhooks of each kind from 16 clients on Postgres, against LIMIT-A, dj-stripe, the tutorial view and Flask."""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks import contenders, load, payloads
from benchmarks.contenders import PAID, PENDING, Contender
from benchmarks.databases import orders
from benchmarks.load import Load
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import Server, upstream
from tests.support.environments import NotInstalledError
from tests.support.postgres import Postgres

CLIENTS = 16
WARM_UP = 1.0  # seconds; its rate determines how many events the round needs
DUPLICATES = 200  # events that are delivered repeatedly
FASTEST = 4000  # webhooks per second that the warm-up has events for
SLOWEST = 500  # webhooks per second that a round has events for at least twice
TRIES = 4


@dataclass(frozen=True)
class Kind:
    """A kind of event: its name in tables, and the state of its orders; empty for foreign events."""

    title: str
    state: str


KINDS = {
    "payment": Kind("first payment", PENDING),
    "refund": Kind("refund", PAID),
    "dispute": Kind("dispute", PAID),
    "decline": Kind("declined attempt", PENDING),
    "duplicate": Kind("duplicate", PENDING),
    "foreign": Kind("another application's", ""),
}
batches = (f"batch-{number}" for number in count())


@dataclass(frozen=True)
class Measured:
    """One round; CPU milliseconds per webhook."""

    load: Load
    server_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        """CPU time of server and Postgres."""
        return self.server_cpu + self.database_cpu

    def columns(self) -> dict[str, float]:
        """Return the numbers for a table."""
        return {"per_s": self.load.rate, "p50_ms": self.load.p50, "p99_ms": self.load.p99,
                "cpu_ms": self.cpu, "of_it_database": self.database_cpu}  # fmt: skip


def measure(contender: Contender, server: Server, kind: str = "payment", *, seconds: float) -> Measured:
    """Measure one round: new orders, signed events, a warm-up, the load, and a check of the tables.

    Raise BenchmarkError if the tables don't match the responses, or if one of our responses is an error.
    """
    delivered = _deliver(contender, server) if kind == "duplicate" else []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        events = Path(folder) / "events"
        warm = _send(contender, server, kind, events, delivered or int(FASTEST * WARM_UP), WARM_UP)
        count = int(max(warm.load.rate, SLOWEST) * 2 * seconds)
        # A warm-up on a busy machine can underestimate the rate.
        for _ in range(TRIES):
            found = _send(contender, server, kind, events, delivered or count, seconds)
            if not found.load.ran_out:
                return found
            count *= 2
    raise BenchmarkError(f"{contender.name}: {count // 2} events were too few for {seconds:g} s")


def _send(
    contender: Contender, server: Server, kind: str, events: Path, what: int | list[bytes], seconds: float
) -> Measured:
    """Send that many new events of the kind, or the given ones repeatedly."""
    fresh = isinstance(what, int)
    payloads.write_webhooks(events, contender.path, _fresh(contender, kind, what) if isinstance(what, int) else what)
    checks = contender.checks(kind)
    before = [contender.database.count(query) for query in checks]
    cpu = server.cpu_seconds()
    found = load.run(server.url, events, clients=CLIENTS, seconds=seconds, repeat=not fresh)
    spent = [(now - then) * 1000 / max(found.requests, 1) for now, then in zip(server.cpu_seconds(), cpu, strict=True)]
    if found.ran_out:
        return Measured(found, *spent)
    after = [contender.database.count(query) for query in checks]
    _check(contender, found, [new - old for new, old in zip(after, before, strict=True)], list(checks.values()))
    return Measured(found, *spent)


def _fresh(contender: Contender, kind: str, count: int) -> Iterable[bytes]:
    """Create new events with their orders."""
    batch = next(batches)
    if state := KINDS[kind].state:
        contender.seed(batch, count, state=state)
        contender.database.tidy()
    return (payloads.event_body(kind, order) for order in orders(batch, count))


def _deliver(contender: Contender, server: Server) -> list[bytes]:
    """Deliver some payments one by one. Return their events."""
    bodies = list(_fresh(contender, "payment", DUPLICATES))
    for body in bodies:
        server.post(contender.path, payloads.webhook_headers(body), body)
    return bodies


def _check(contender: Contender, found: Load, grown: Sequence[int], expected: Sequence[int]) -> None:
    if found.broken or (found.failed and (contender.is_ours or contender.name == "LIMIT-A")):
        raise BenchmarkError(f"{contender.name}: {found}")
    good = found.requests - found.failed
    for growth, each in zip(grown, expected, strict=True):
        # Requests still open when wrk stopped were processed, but wrk did not wait for their responses.
        if not good * each <= growth <= (good + CLIENTS) * each:
            raise BenchmarkError(f"{contender.name}: {good} webhooks succeeded, but its tables grew by {grown}")


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds = (2.0, 1) if quick else (4.0, 5)
    table = Table("Webhooks on Postgres, 16 clients", "CPU: server and Postgres per webhook, in milliseconds.")
    ours, limit = contenders.ours(), contenders.limit_a()
    each, kept = contenders.tutorial(kept=False), contenders.tutorial(kept=True)
    dj_stripe, flask = contenders.dj_stripe(), contenders.flask_sample()
    contestants = [ours, limit, kept, each, flask, *([] if quick else [dj_stripe])]
    if quick:
        say("dj-stripe: skipped, because its migrations take longer than everything else")
    kinds = list(KINDS)
    # The limit is measured twice per round, near all our kinds.
    mine, peers = [(ours, kind) for kind in kinds], [(peer, "payment") for peer in (kept, each, flask, dj_stripe)]
    steps: list[tuple[Contender, str]] = [(limit, "payment"), *mine[:3], (limit, "payment"), *mine[3:], *peers]
    with upstream(folder, delay=0) as url, ExitStack() as stack:
        servers = {}
        for contender in contestants:
            contender.env["STRIPE_EMULATOR_URL"] = url  # dj-stripe retrieves objects from Stripe
            if prepared(contender, postgres, folder):
                servers[contender.name] = stack.enter_context(contender.server())

        def one(step: tuple[Contender, str], number: int) -> None:
            contender, kind = step
            found = measure(contender, servers[contender.name], kind, seconds=seconds)
            table.add(row(contender, kind), number, **found.columns())
            say(f"{row(contender, kind)}: {found.load.rate:.0f}/s, p99 {found.load.p99:.0f} ms, {found.cpu:.2f} ms CPU")

        alternate(rounds, [step for step in steps if step[0].name in servers], one)
    for name in table.rows:
        table.add(name, 0, of_LIMIT_A=table.ratio(name, limit.name, "per_s"))
    names = [row(ours, kind) for kind in kinds]
    targets = [Target(f"{name}, of LIMIT-A", table.ratio(name, limit.name, "per_s"), 0.3, 0.5, "x") for name in names]
    first = names[0]
    if dj_stripe.name in table.rows:
        ratio = table.ratio(first, dj_stripe.name, "per_s")
        targets.append(Target("webhook: first payment, of dj-stripe", ratio, reach=15, unit="x"))
    ratio = table.ratio(first, kept.name, "per_s")
    targets.append(Target("webhook: first payment, of the tutorial view with kept connections", ratio, None, 2, "x"))
    highest = max(table.ratio(name, kept.name, "cpu_ms") for name in names)
    targets.append(
        Target("webhook: CPU of the most expensive kind, of the tutorial view's", highest, 1, 0.5, "x", most=True)
    )
    return Result("webhooks", [table], targets)


def row(contender: Contender, kind: str) -> str:
    """Return the name of the table's row."""
    return f"webhook: {KINDS[kind].title}" if contender.is_ours else contender.name


def prepared(contender: Contender, postgres: Postgres | None, folder: Path) -> bool:
    """Prepare a contender. Return False, with a printed reason, if a peer's packages can't be installed."""
    try:
        contender.prepare(postgres, folder)
    except NotInstalledError as error:
        say(f"skipped: {error}")
        return False
    return True
