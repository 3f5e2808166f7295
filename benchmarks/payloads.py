"""Write signed webhook requests, as a reverse proxy forwards them, to a file for wrk."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

SECRET = "whsec_benchmarks"  # signs only made-up events
HOST = "shop.example"
# Headers of Caddy, nginx and an ingress, and the requested name.
PROXY_HEADERS = {"Host": HOST, "X-Forwarded-Host": HOST, "X-Forwarded-Proto": "https"}
STRIPE = "198.51.100.7"  # the webhook's client address (RFC 5737: for documentation)
TEMPLATES = {
    kind: json.dumps(event, indent=2)  # as Stripe does
    for kind, event in json.loads((Path(__file__).parent / "events.json").read_text()).items()
}


def order_id(batch: str, number: int) -> uuid.UUID:
    """Return the id of an order, the same for its row and its events."""
    return uuid.UUID(hashlib.md5(f"{batch}-{number}".encode(), usedforsecurity=False).hexdigest())


def event_body(kind: str, order: uuid.UUID, created: int | None = None) -> bytes:
    """Return an event about `order`; `kind` is a key of events.json, or `foreign` for another application's payment."""
    template = TEMPLATES["payment" if kind == "foreign" else kind]
    name = f"WC-{order.int % 10**6}" if kind == "foreign" else str(order)
    body = template.replace("HEX", order.hex).replace("ORDER", name)
    return (body if created is None else body.replace('"created": 1790000000', f'"created": {created}')).encode()


def signature(body: bytes) -> str:
    """Return the Stripe-Signature header, signed now."""
    now = int(time.time())
    digest = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def webhook_headers(body: bytes) -> dict[str, str]:
    """Return the headers of Stripe's request behind a proxy."""
    return {
        **PROXY_HEADERS,
        "X-Forwarded-For": STRIPE,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(body),
    }


def checkout_headers(number: int) -> dict[str, str]:
    """Return the headers of one buyer's request behind a proxy, each with its own address (from RFC 2544's range)."""
    return {**PROXY_HEADERS, "X-Forwarded-For": f"198.{18 + number // 65536 % 2}.{number // 256 % 256}.{number % 256}"}


def http_request(path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a complete POST request."""
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def write_webhooks(file: Path, path: str, bodies: Iterable[bytes]) -> None:
    """Write the events' signed requests to `file`."""
    write_requests(file, (http_request(path, webhook_headers(body), body) for body in bodies))


def write_requests(file: Path, requests: Iterable[bytes]) -> None:
    """Write the requests to `file`, each prefixed with its length in eight digits."""
    with file.open("wb") as out:
        for request in requests:
            out.write(b"%08d" % len(request) + request)
