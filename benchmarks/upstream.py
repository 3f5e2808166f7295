"""Stripe's API as far as a checkout needs it: answers every POST with an open Checkout Session after a fixed time.

`python -m benchmarks.upstream PORT DELAY_MS`. One small state machine on uvloop, so that it is never the bottleneck.
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import cast

import uvloop

SESSION = json.loads((Path(__file__).parent / "event.json").read_text())["data"]["object"] | {
    "status": "open",
    "payment_status": "unpaid",
    "payment_intent": None,
    "url": "https://checkout.stripe.com/c/pay/SESSION",
}
BODY = json.dumps(SESSION)
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
            asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        body = BODY.replace("SESSION", f"cs_test_{uuid.uuid4().hex}")
        if not self._transport.is_closing():
            self._transport.write(f"{HEAD}{len(body)}\r\n\r\n{body}".encode())


async def serve(port: int, delay: float) -> None:
    """Listen until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(delay), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
