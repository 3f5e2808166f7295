"""The least that a checkout can do: a bare WSGI callable that calls Stripe through http.client, one kept connection
for each thread. No framework, no order, no database."""

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

UPSTREAM = urlsplit(os.environ["STRIPE_EMULATOR_URL"])
BODY = urlencode(
    {
        "mode": "payment",
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": 2000,
        "line_items[0][price_data][product_data][name]": "Demo product",
        "success_url": "https://shop.example/return/",
    }
)
HEADERS = {"Authorization": "Bearer sk_test_1", "Content-Type": "application/x-www-form-urlencoded"}
own = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Create a session and answer with its address."""
    body = b"{}"
    if environ["REQUEST_METHOD"] == "POST":
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection(UPSTREAM.hostname or "", UPSTREAM.port)
        own.connection.request("POST", "/v1/checkout/sessions", BODY, HEADERS)
        session = json.loads(own.connection.getresponse().read())
        body = json.dumps({"checkout_url": session["url"]}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
