"""Checkouts: POST /api/checkout/ with a Stripe that answers after 300 ms; ideal is clients / 0.3 s."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import contenders, load
from benchmarks.contenders import Contender
from benchmarks.load import BenchmarkError, Load
from benchmarks.rounds import Result, Table, Target, alternate, say
from benchmarks.servers import Server
from tests.support.postgres import Postgres

DELAY = 0.3  # seconds until the stand-in answers
CLIENTS = (64, 256)
PATH = "/api/checkout/"
OURS = contenders.ours().name


@contextmanager
def upstream(folder: Path, delay: float = DELAY) -> Iterator[str]:
    """A stand-in for Stripe's API; gives its URL."""
    command = [sys.executable, "-m", "benchmarks.upstream", "PORT", str(delay * 1000)]
    with Server(command, {}, log=folder / "upstream.log", health=None) as server:
        yield server.url


def measure(contender: Contender, server: Server, *, clients: int, seconds: float) -> Load:
    """One round; raises BenchmarkError when an answer was an error, when its order has no session, or when one of our
    connections was cut."""
    before = contender.count_open() if contender.opened else 0
    result = load.run(server.url, clients=clients, seconds=seconds, method="POST", path=PATH)
    if result.failed or (result.broken and contender.name == OURS):
        raise BenchmarkError(f"{contender.name}, {clients} clients: {result}")
    opened = contender.count_open() - before if contender.opened else result.requests
    if opened < result.requests:
        raise BenchmarkError(f"{contender.name}: {result.requests} answered, but {opened} orders have a session")
    return result


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark."""
    # All clients begin at the same moment, and what is under way at the end does not count: that costs half a second.
    seconds, rounds = (5.0, 1) if quick else (30.0, 3)
    table = Table("Checkouts, 300 ms upstream", "Of ideal: clients / 0.3 s.")
    with upstream(folder) as url:
        everybody = [
            contenders.ours(),
            contenders.tutorial("tutorial, 2 x 4 threads", persistent=True),
            contenders.tutorial("tutorial, 2 x 128 threads", persistent=True, threads=128),
            contenders.limit_checkout(),
        ]
        for contender in everybody:
            contender.env["STRIPE_EMULATOR_URL"] = url
            contender.prepare(postgres, folder)

        def one(contender: Contender, number: int) -> None:
            with contender.server() as server:
                load.run(server.url, clients=max(CLIENTS), seconds=2, method="POST", path=PATH)
                for clients in CLIENTS:
                    found = measure(contender, server, clients=clients, seconds=seconds)
                    share = found.rate * DELAY / clients
                    numbers = {"per_s": found.rate, "of_ideal": share, "p99_ms": found.p99}
                    table.add(contender.name, **{f"{name},_{clients}": value for name, value in numbers.items()})
                    say(f"{contender.name}: {clients} clients, {found.rate:.0f}/s, {share:.0%} of ideal")

        alternate(rounds, everybody, one)
    goals = {64: (0.95, 0.98), 256: (0.75, 0.9)}
    targets = [
        Target(f"checkout, share of ideal, {clients} clients", table.median(OURS, f"of_ideal,_{clients}"), *goal)
        for clients, goal in goals.items()
    ]
    return Result("checkout", [table], targets)
