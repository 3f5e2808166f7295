"""The part of Stripe's API that the contenders need, with a fixed delay: POST returns an open Checkout Session; GET
returns the paid one of benchmarks.payloads, its PaymentIntent or charge, or a page of events.

It is a small state machine on uvloop, so that it is never the bottleneck.
"""

import argparse
import asyncio
import json
import re
import time
import uuid
from bisect import bisect_left
from email.utils import formatdate
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

import uvloop

from benchmarks.payloads import TEMPLATES, event_body, order_id

HERE = Path(__file__).parent
PAID = json.loads(TEMPLATES["payment"])["data"]["object"]
OPEN = PAID | {
    "status": "open",
    "payment_status": "unpaid",
    "payment_intent": None,
    "url": "https://checkout.stripe.com/c/pay/cs_test_HEX",
}
NEW = json.dumps(OPEN)
# By a part of the URL. HEX is the common part of one payment's ids.
KEPT = {
    "sessions": json.dumps(PAID),
    **{name: json.dumps(kept) for name, kept in json.loads((HERE / "objects.json").read_text()).items()},
}
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: req_1\r\n"
ORDER = re.compile(rb"client_reference_id=([0-9a-f-]{36})")


class Events:
    """Payments of a batch of orders, evenly spread over the time from `since` (seconds since the epoch) until now."""

    def __init__(self, batch: str, count: int, since: int) -> None:
        step = (time.time() - since) / max(count, 1)
        self._created = [int(since + number * step) for number in range(count)]
        orders = [order_id(batch, number) for number in range(count)]
        self._texts = [
            event_body("payment", order, created).decode() for order, created in zip(orders, self._created, strict=True)
        ]
        self._positions = {f"evt_payment_{order.hex}": number for number, order in enumerate(orders)}

    def page(self, query: dict[str, list[str]]) -> str:
        """Return a page, the newest events first (Stripe: "List all events")."""
        first = bisect_left(self._created, int(query.get("created[gte]", ["0"])[0]))
        last = bisect_left(self._created, int(query.get("created[lt]", [str(2**40)])[0]))
        if "starting_after" in query:
            last = min(last, self._positions[query["starting_after"][0]])
        if "ending_before" in query:
            first = max(first, self._positions[query["ending_before"][0]] + 1)
        limit = int(query.get("limit", ["10"])[0])
        oldest_first = "ending_before" in query
        start, end = (first, min(first + limit, last)) if oldest_first else (max(last - limit, first), last)
        more = "true" if (end < last if oldest_first else start > first) else "false"
        texts = ",".join(reversed(self._texts[start:end]))
        return f'{{"object":"list","url":"/v1/events","has_more":{more},"data":[{texts}]}}'


class Upstream(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, delay: float, events: Events) -> None:
        self._delay, self._events = delay, events
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Respond after the delay, once a request is complete."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._received = b""
            method, address, _ = head.decode().split(" ", 2)
            asyncio.get_running_loop().call_later(self._delay, self._answer, method, address, body)

    def _answer(self, method: str, address: str, sent: bytes) -> None:
        body = _new(sent) if method == "POST" else self._kept(address)
        head = f"{HEAD}Date: {formatdate(usegmt=True)}\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(f"{head}{body}".encode())

    def _kept(self, address: str) -> str:
        url = urlsplit(address)
        *_, kind, name = url.path.split("/")
        if name == "events":
            return self._events.page(parse_qs(url.query))
        number = name.rpartition("_")[2]
        return KEPT[kind].replace("HEX", number).replace("ORDER", str(uuid.UUID(number)))


def _new(sent: bytes) -> str:
    """Return a new session, named after its order, so that the order's events match it."""
    named = ORDER.search(sent)
    order = uuid.UUID(named[1].decode()) if named else uuid.uuid4()
    return NEW.replace("HEX", order.hex).replace("ORDER", str(order))


async def serve(port: int, delay: float, events: Events) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Upstream(delay, events), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("delay", type=float, help="milliseconds")
    parser.add_argument("--events", nargs=3, default=("", "0", "0"), metavar=("BATCH", "COUNT", "SINCE"))
    options = parser.parse_args()
    batch, count, since = options.events
    uvloop.run(serve(options.port, options.delay / 1000, Events(batch, int(count), int(since))))


if __name__ == "__main__":
    main()
