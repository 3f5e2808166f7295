"""Webhooks: signed, unique `checkout.session.completed` events, 16 clients, against peers and the limit."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import contenders, load, payloads
from benchmarks.checkout import upstream
from benchmarks.contenders import Contender
from benchmarks.load import BenchmarkError, Load
from benchmarks.rounds import Result, Table, Target, alternate, say
from tests.support.postgres import Postgres

CLIENTS = 16
WRK_THREADS = 1
# More than any contender can answer; the files are written before each round, because signatures grow stale.
FASTEST = 5000  # requests per second


def measure(contender: Contender, *, batch: str, seconds: float, warm_up: float = 1.0) -> Load:
    """One round: fresh orders, a started server, a warm-up that does not count, the load, the count of orders.

    Raises BenchmarkError when an answer was an error or an order that was answered for is not paid.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder, contender.server() as server:
        before = contender.count_paid()
        warm = send(contender, server.url, Path(folder), f"{batch}w", warm_up, tidy=False)
        result = send(contender, server.url, Path(folder), batch, seconds)
    _check(contender, before, [warm, result])
    return result


def send(
    contender: Contender,
    url: str,
    folder: Path,
    batch: str,
    seconds: float,
    clients: int = CLIENTS,
    *,
    tidy: bool = True,
) -> Load:
    """Send events about fresh orders for so long; `tidy` as for `add_orders`."""
    count = int(FASTEST * seconds)
    contender.add_orders(batch, count, tidy=tidy)
    requests = folder / batch
    payloads.write_requests(requests, contender.path, batch, count, threads=WRK_THREADS)
    return load.run(url, clients=clients, seconds=seconds, requests=requests, threads=WRK_THREADS)


def _check(contender: Contender, before: Sequence[int], loads: Sequence[Load]) -> None:
    answered = sum(result.requests for result in loads)
    if any(result.failed or result.broken or result.ran_out for result in loads):
        raise BenchmarkError(f"{contender.name}: {loads}")
    for old, new in zip(before, contender.count_paid(), strict=True):
        # What was under way when wrk stopped was settled, but its answer not waited for.
        if not answered <= new - old <= answered + CLIENTS * len(loads):
            raise BenchmarkError(f"{contender.name}: {answered} answered, but {new - old} in its tables")


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark."""
    seconds, rounds = (3.0, 1) if quick else (5.0, 5)
    table = Table("Webhooks, 16 clients", "wrk: CPUs that the load generator itself took, of two.")
    everybody = [contenders.ours(), contenders.limit_a(), contenders.flask_sample()]
    everybody += [
        contenders.tutorial(),
        contenders.tutorial("tutorial, persistent", persistent=True),
        contenders.dj_stripe(),
    ]

    def one(contender: Contender, number: int) -> None:
        found = measure(contender, batch=f"round{number}", seconds=seconds)
        table.add(contender.name, per_s=found.rate, p50_ms=found.p50, p99_ms=found.p99, wrk=found.cpu)
        say(f"{contender.name}: {found.rate:.0f}/s, p99 {found.p99:.0f} ms")

    with upstream(folder, delay=0) as url:
        for contender in everybody:
            contender.env["STRIPE_EMULATOR_URL"] = url  # dj-stripe asks Stripe about each event
            contender.prepare(postgres, folder)
        alternate(rounds, everybody, one)
    ours, limit, flask, *_, dj_stripe = (contender.name for contender in everybody)
    for name in table.rows:
        table.add(name, of_LIMIT_A=table.ratio(name, limit, "per_s"))
    targets = [
        Target("webhook, of LIMIT-A", table.ratio(ours, limit, "per_s"), 0.6, 0.8),
        Target("webhook, of dj-stripe", table.ratio(ours, dj_stripe, "per_s"), 30, 30),
        Target("webhook, of Flask storing nothing", table.ratio(ours, flask, "per_s"), 0, 1),
    ]
    return Result("webhooks", [table], targets)
