"""The emulator: how many Checkout Sessions one process creates."""

import sys
import urllib.parse
from pathlib import Path

from benchmarks import load
from benchmarks.load import BenchmarkError
from benchmarks.payloads import write_files
from benchmarks.rounds import Result, Table, Target, say
from benchmarks.servers import Server
from tests.support.postgres import Postgres

CLIENTS = 16
PARAMETERS = {
    "mode": "payment",
    "client_reference_id": "0e80e18f-692e-4d4f-a8ce-47b087b0c17b",
    "metadata[order_id]": "0e80e18f-692e-4d4f-a8ce-47b087b0c17b",
    "payment_intent_data[metadata][order_id]": "0e80e18f-692e-4d4f-a8ce-47b087b0c17b",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][price_data][product_data][name]": "Demo product",
    "line_items[0][quantity]": "1",
    "success_url": "https://shop.example/return/",
}


def request(number: int) -> bytes:
    """A session's creation, with an idempotency key of its own, as stripe-python sends it."""
    body = urllib.parse.urlencode(PARAMETERS).encode()
    head = (
        "POST /v1/checkout/sessions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_benchmarks\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nIdempotency-Key: order-{number}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark: in memory, and with the state kept in a file as ./scripts/dev and Docker do."""
    seconds, rounds = (3.0, 1) if quick else (5.0, 3)
    table = Table("Emulator: sessions created by one process, 16 clients")
    command = [sys.executable, "-m", "stripe_emulator", "--port", "PORT", "--quiet"]
    ways = {"state in memory": [], "state in a file": ["--data", str(folder / "state.db")]}
    for number in range(rounds):
        for name, options in ways.items():
            with Server([*command, *options], {}, log=folder / "emulator.log", health="/_emulator/health") as server:
                write_files(folder / "sessions", (request(n) for n in range(int(4000 * seconds))), threads=1)
                found = load.run(server.url, clients=CLIENTS, seconds=seconds, requests=folder / "sessions")
            if found.failed or found.broken or found.ran_out:
                raise BenchmarkError(f"{name}: {found}")
            table.add(name, per_s=found.rate, p50_ms=found.p50, p99_ms=found.p99)
            say(f"{number + 1}: {name}: {found.rate:.0f}/s")
    return Result(
        "emulator",
        [table],
        [Target("sessions, state in a file", table.median("state in a file", "per_s"), 500, 1500, "/s")],
    )
