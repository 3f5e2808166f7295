"""Checkout Sessions created by one emulator process, against a Starlette route that writes one SQLite row."""

import sys
import urllib.parse
from pathlib import Path

from benchmarks import load
from benchmarks.payloads import http_request, order_id, write_requests
from benchmarks.rounds import BenchmarkError, Result, Table, Target, alternate, say
from benchmarks.servers import Server
from tests.support.postgres import Postgres

CLIENTS = 16
FASTEST = 16_000  # per second; there must be requests left at the end
ORDER = "0e80e18f-692e-4d4f-a8ce-47b087b0c17b"
PARAMETERS = {
    "mode": "payment",
    "client_reference_id": ORDER,
    "metadata[order_id]": ORDER,
    "payment_intent_data[metadata][order_id]": ORDER,
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][price_data][product_data][name]": "Demo product",
    "line_items[0][quantity]": "1",
    "success_url": "https://shop.example/return/",
}
EMULATOR, ROUTE = "emulator, state in a file", "Starlette, one row"


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    seconds, rounds = (2.0, 1) if quick else (5.0, 5)
    table = Table("Checkout Sessions created by one process, 16 clients")
    requests = folder / "sessions"
    write_requests(requests, map(_request, range(int(FASTEST * seconds))))

    def one(name: str, number: int) -> None:
        with _server(name, folder, number) as server:
            found = load.run(server.url, requests, clients=CLIENTS, seconds=seconds)
        if not found.is_clean:
            raise BenchmarkError(f"{name}: {found}")
        table.add(name, number, per_s=found.rate, p50_ms=found.p50, p99_ms=found.p99)
        say(f"{name}: {found.rate:.0f}/s")

    alternate(rounds, [EMULATOR, ROUTE], one)
    ratio = table.ratio(EMULATOR, ROUTE, "per_s")
    name = "emulator: sessions created, of rows that a Starlette route writes"
    return Result("emulator", [table], [Target(name, ratio, 0.5, 0.8, "x")])


def _server(name: str, folder: Path, number: int) -> Server:
    log, file = folder / "server.log", folder / f"state-{number}-{name[:5]}.db"
    if name == EMULATOR:
        command = ["-m", "stripe_emulator", "--port", "PORT", "--quiet", "--data", str(file)]
        return Server([sys.executable, *command], {}, log=log, health="/_emulator/health")
    command = ["-m", "uvicorn", "benchmarks.peers.starlette_row:application", "--port", "PORT", "--no-access-log"]
    return Server([sys.executable, *command], {"FILE": str(file)}, log=log, health="/health")


def _request(number: int) -> bytes:
    """Return a request as stripe-python sends it, with its own idempotency key."""
    headers = {
        "Host": "localhost",
        "Authorization": "Bearer sk_test_abcdefgh12345678",
        "Content-Type": "application/x-www-form-urlencoded",
        "Stripe-Version": "2026-10-28.endive",
        "Idempotency-Key": f"order-{order_id('sessions', number)}",
    }
    return http_request("/v1/checkout/sessions", headers, urllib.parse.urlencode(PARAMETERS).encode())
