"""LIMIT-A, the minimum for a webhook: a bare WSGI callable with its own HMAC check and one statement through psycopg's
pool, which stores the event once and marks the order paid. No framework, no outbox, no check of the amount."""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from psycopg_pool import ConnectionPool

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"].encode()
STATEMENT = """
WITH kept AS (
    INSERT INTO events (stripe_id, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1
)
UPDATE orders SET status = 'paid', stripe_payment_intent_id = %s WHERE id = %s AND EXISTS (SELECT 1 FROM kept)
"""

pool = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=4, max_size=4, kwargs={"autocommit": True, "prepare_threshold": 0}, open=False
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Verify the event, store it, mark the order paid, and respond."""
    if environ["REQUEST_METHOD"] == "GET":
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]
    pool.open()
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    fields = dict(part.split("=", 1) for part in environ.get("HTTP_STRIPE_SIGNATURE", "").split(",") if "=" in part)
    timestamp = fields.get("t", "0")
    expected = hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, fields.get("v1", "")) or abs(time.time() - int(timestamp)) > 300:
        start_response("400 Bad Request", [("Content-Length", "0")])
        return [b""]
    event = json.loads(body)
    session = event["data"]["object"]
    with pool.connection() as connection:
        connection.execute(
            STATEMENT, (event["id"], body.decode(), session["payment_intent"], session["client_reference_id"])
        )
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
