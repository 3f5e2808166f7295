"""The minimum for a checkout: a bare WSGI callable that stores the order and commits, calls Stripe through http.client
with one connection per thread, stores the session's id and commits. No framework, no catalog."""

import http.client
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from psycopg_pool import ConnectionPool

UPSTREAM = urlsplit(os.environ["STRIPE_EMULATOR_URL"])
HEADERS = {"Authorization": "Bearer sk_test_1", "Content-Type": "application/x-www-form-urlencoded"}
own = threading.local()
pool = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=4, max_size=8, kwargs={"autocommit": True, "prepare_threshold": 0}, open=False
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Store the order, create a session, store its id, and respond with its URL."""
    body = b"{}"
    if environ["REQUEST_METHOD"] == "POST":
        pool.open()
        order = uuid.uuid4()
        with pool.connection() as connection:
            connection.execute("INSERT INTO orders (id, amount) VALUES (%s, %s)", (order, 2000))
        session = create_session(order)
        with pool.connection() as connection:
            connection.execute("UPDATE orders SET session = %s WHERE id = %s", (session["id"], order))
        body = json.dumps({"checkout_url": session["url"], "order_id": str(order)}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def create_session(order: uuid.UUID) -> Any:
    """Create a Checkout Session at Stripe."""
    if not hasattr(own, "connection"):
        own.connection = http.client.HTTPConnection(UPSTREAM.hostname or "", UPSTREAM.port)
    parameters = {
        "mode": "payment",
        "client_reference_id": str(order),
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": 2000,
        "line_items[0][price_data][product_data][name]": "Demo product",
        "success_url": "https://shop.example/return/",
    }
    own.connection.request("POST", "/v1/checkout/sessions", urlencode(parameters), HEADERS)
    return json.loads(own.connection.getresponse().read())
