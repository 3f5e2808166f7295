"""Checkouts while Stripe responds after 300 ms: 64 concurrent buyers (ideal: 64 / 0.3 s), and arriving buyers."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from benchmarks import contenders, load, payloads
from benchmarks.contenders import Contender
from benchmarks.open_loop import Arrivals
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import Server, upstream
from tests.support.postgres import Postgres

DELAY = 0.3  # seconds until the stand-in responds
CLIENTS = 64
# Buyers per second: Stripe's limits for a sandbox and for a live account ("Rate limits").
RATES = {25: (3.0, 1.5), 100: (4.0, 2.0)}
PATH = "/api/checkout/"
BUYERS = 20_000  # per file; each has its own address, so that the rate limit can stay enabled
numbers = count(10)


def buyers(folder: Path, number_of_buyers: int = BUYERS) -> Path:
    """Write the requests of that many buyers to a file."""
    file = folder / "buyers"
    first = next(numbers) * BUYERS
    headers = (payloads.checkout_headers(first + number) for number in range(number_of_buyers))
    payloads.write_requests(file, (payloads.http_request(PATH, each) for each in headers))
    return file


def closed(contender: Contender, server: Server, requests: Path, *, seconds: float) -> tuple[float, float, float]:
    """Keep all clients busy. Return checkouts per second, and p99 and CPU time of each in milliseconds."""
    opened, cpu = _opened(contender), server.cpu_seconds()
    found = load.run(server.url, requests, clients=CLIENTS, seconds=seconds, repeat=True)
    spent = sum(server.cpu_seconds()) - sum(cpu)
    if found.failed or found.broken:
        raise BenchmarkError(f"{contender.name}: {found}")
    if (kept := _opened(contender) - opened) < found.requests:
        raise BenchmarkError(f"{contender.name}: {found.requests} succeeded, but {kept} orders have a session")
    return found.rate, found.p99, spent * 1000 / found.requests


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    # All clients start together, and requests still open at the end do not count, which costs half a second.
    seconds, rounds = (5.0, 1) if quick else (15.0, 5)
    note = "CPU: server and Postgres per checkout, in milliseconds."
    at_once = Table(
        f"{CLIENTS} concurrent buyers, Stripe responds after 300 ms", f"Of ideal: {CLIENTS} / 0.3 s. {note}"
    )
    arriving = Table("Arriving buyers, p99 in milliseconds", "Above the 300 ms that Stripe takes.")
    ours, bare = contenders.ours(), contenders.limit_checkout()
    contestants = [ours, bare, contenders.tutorial(kept=True, threads=128)]
    with upstream(folder, DELAY) as url, ExitStack() as stack:
        servers: dict[str, Server] = {}
        for contender in contestants:
            contender.env["STRIPE_EMULATOR_URL"] = url
            contender.prepare(postgres, folder)
            servers[contender.name] = stack.enter_context(contender.server())
            load.run(servers[contender.name].url, buyers(folder), clients=CLIENTS, seconds=2, repeat=True)

        def one(step: tuple[Contender, int], number: int) -> None:
            contender, rate = step
            server = servers[contender.name]
            if not rate:
                per_s, p99, cpu = closed(contender, server, buyers(folder), seconds=seconds)
                share = per_s * DELAY / CLIENTS
                at_once.add(contender.name, number, per_s=per_s, of_ideal=share, p99_ms=p99, cpu_ms=cpu)
                say(f"{contender.name}: {per_s:.0f}/s, {share:.0%} of ideal, {cpu:.2f} ms CPU")
                return
            with Arrivals(server.url, buyers(folder), rate=rate, seconds=seconds) as arrivals:
                found = arrivals.result()
            if found.failed:
                raise BenchmarkError(f"{contender.name}, {rate} per second: {found}")
            arriving.add(contender.name, number, **{f"at_{rate}/s": found.p99 - DELAY * 1000})
            say(f"{contender.name}: {rate} per second, p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms")

        alternate(rounds, list(_steps(contestants)), one)
    tutorial = contestants[-1].name
    return Result("checkout", [at_once, arriving], list(_targets(at_once, arriving, ours.name, bare.name, tutorial)))


def _steps(contestants: list[Contender]) -> Iterator[tuple[Contender, int]]:
    for contender in contestants:
        yield contender, 0
    for rate in RATES:
        for contender in contestants[:2]:
            yield contender, rate


def _targets(at_once: Table, arriving: Table, ours: str, bare: str, tutorial: str) -> Iterator[Target]:
    share = 100 * at_once.median(ours, "of_ideal")
    yield Target(f"checkout: {CLIENTS} concurrent buyers, of ideal", share, 75, 90, "%")
    for rate, (must, reach) in RATES.items():
        ratio = arriving.ratio(ours, bare, f"at_{rate}/s")
        yield Target(
            f"checkout: p99 above Stripe's time at {rate}/s, of a bare callable's", ratio, must, reach, "x", most=True
        )
    ratio = at_once.ratio(ours, tutorial, "cpu_ms")
    yield Target("checkout: CPU, of the tutorial view's", ratio, 1.5, 1, "x", most=True)


def _opened(contender: Contender) -> int:
    return contender.database.count(contender.opened)
