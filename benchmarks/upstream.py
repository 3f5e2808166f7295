"""Stripe's API as far as the contenders need it, after a fixed time for each answer: a POST gives an open Checkout
Session; a GET gives the paid one of the events in benchmarks.payloads, its PaymentIntent or its charge.

`python -m benchmarks.upstream PORT DELAY_MS`. One small state machine on uvloop, so that it is never the bottleneck.
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import cast

import uvloop

HERE = Path(__file__).parent
PAID = json.loads((HERE / "event.json").read_text())["data"]["object"]
OPEN = PAID | {
    "status": "open",
    "payment_status": "unpaid",
    "payment_intent": None,
    "url": "https://checkout.stripe.com/c/pay/SESSION",
}
NEW = json.dumps(OPEN)
# By what stands in their addresses. HEX is what the ids of one payment have in common.
KEPT = {
    "sessions": json.dumps(PAID).replace("SESSION", "cs_test_HEX").replace("INTENT", "pi_HEX"),
    **{name: json.dumps(kept) for name, kept in json.loads((HERE / "objects.json").read_text()).items()},
}
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: req_1\r\nContent-Length: "


class Upstream(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer later, once a request is complete."""
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(rest) >= int(length or 0):
            self._received = b""
            method, path, _ = head.decode().split(" ", 2)
            asyncio.get_running_loop().call_later(self._delay, self._answer, method, path)

    def _answer(self, method: str, path: str) -> None:
        body = NEW.replace("SESSION", f"cs_test_{uuid.uuid4().hex}") if method == "POST" else _kept(path)
        if not self._transport.is_closing():
            self._transport.write(f"{HEAD}{len(body)}\r\n\r\n{body}".encode())


def _kept(path: str) -> str:
    *_, kind, name = path.partition("?")[0].split("/")
    number = name.rpartition("_")[2]
    return KEPT[kind].replace("HEX", number).replace("ORDER", str(uuid.UUID(number)))


async def serve(port: int, delay: float) -> None:
    """Listen until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(delay), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
