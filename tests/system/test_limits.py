"""Limits on the size of requests: larger ones are refused before anything reads them."""

import socket
from contextlib import suppress

import pytest
import urllib3

from tests.support.stack import Stack

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
POST = b"POST /stripe-webhook/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(GET + b"\r\n", 200, id="a browser's request"),
        pytest.param(b"GET /?" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, id="a long URL"),
        pytest.param(GET + b"A: " + b"a" * 9_000 + b"\r\n\r\n", 431, id="a long header"),
        pytest.param(GET + b"A: a\r\n" * 120 + b"\r\n", 431, id="many headers"),
        pytest.param(GET + b"A: " + b"a" * 2_000_000, 431, id="headers without end"),
        pytest.param(POST + b"Content-Length: 99999999999\r\n\r\n", 413, id="a large announced body"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n", 411, id="a body without a length"),
    ],
)
def test_a_large_request_is_refused(stack: Stack, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as client:
        with suppress(OSError):  # refused before its end
            client.sendall(sent)
        assert client.recv(12) == b"HTTP/1.1 %d" % status


@pytest.mark.parametrize("body", [b"", b"{"])
def test_an_incomplete_body_starts_no_payment(stack: Stack, body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as client:
        client.sendall(b"POST /api/checkout/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n" + body)
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"body_incomplete" in answer


def test_a_head_request_logs_no_warning(stack: Stack) -> None:
    for path in ("/", "/healthz", "/readyz", "/api/products/", "/api/docs", "/nowhere", "/static/storefront/base.css"):
        head, got = (urllib3.request(method, stack.url + path) for method in ("HEAD", "GET"))
        assert (head.status, head.headers["Content-Type"]) == (got.status, got.headers["Content-Type"])
    said = stack.log.count("Webhook refused")
    urllib3.request("POST", f"{stack.url}/stripe-webhook/", body=b"{}")
    stack.wait_for_log("Webhook refused", count=said + 1)
    assert "no-body response" not in stack.log
