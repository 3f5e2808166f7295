"""Signed, unique webhook requests, written to files that wrk's threads read one after the other."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

SECRET = "whsec_benchmarks"  # signs nothing but made-up events
TEMPLATE = (Path(__file__).parent / "event.json").read_text()
# Split once: filling in is most of the work, and thousands of events are signed before each round.
PARTS = ("EVENT", "SESSION", "ORDER", "INTENT")


def order_id(batch: str, number: int) -> uuid.UUID:
    """The id of an order; the SQL that seeds the databases computes the same one."""
    return uuid.UUID(hashlib.md5(f"{batch}-{number}".encode(), usedforsecurity=False).hexdigest())


def event_body(batch: str, number: int) -> bytes:
    """A `checkout.session.completed` that pays that order."""
    order = order_id(batch, number)
    body = TEMPLATE.replace("EVENT", f"evt_{order.hex}").replace("SESSION", f"cs_test_{order.hex}")
    return body.replace("INTENT", f"pi_{order.hex}").replace("ORDER", str(order)).encode()


def signature(body: bytes) -> str:
    """Stripe's signature header for now."""
    now = int(time.time())
    digest = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def webhook_request(path: str, body: bytes) -> bytes:
    """The whole HTTP request, as Stripe sends it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
        f"Accept: */*; q=0.5, application/xml\r\nCache-Control: no-cache\r\nContent-Type: application/json; "
        f"charset=utf-8\r\nStripe-Signature: {signature(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def write_requests(file: Path, path: str, batch: str, count: int, *, threads: int) -> None:
    """Signed events that pay the batch's orders, for `path`."""
    write_files(file, (webhook_request(path, event_body(batch, number)) for number in range(count)), threads=threads)


def write_files(file: Path, requests: Iterable[bytes], *, threads: int) -> None:
    """Deal the requests to `file`.0, `file`.1, …, one for each thread: each with its length in eight digits before."""
    with ExitStack() as stack:
        names = [file.with_name(f"{file.name}.{thread}") for thread in range(threads)]
        files = [stack.enter_context(name.open("wb")) for name in names]
        for out, request in zip(cycle(files), requests, strict=False):
            out.write(b"%08d" % len(request) + request)
