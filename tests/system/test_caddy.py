"""The app behind Caddy, as deploy/caddy configures it: https, limits, and clients that are slow on purpose."""

import resource
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest
from django.conf import settings

from tests.support.caddy import VERSION, Caddy, caddy_program
from tests.support.stack import Stack
from tests.system.scripts.shop import await_status, pay

CROWD = 1000  # of each kind
SOON = 8.0  # seconds: Caddy disconnects slow clients after ten or more, so they are still there
LARGE_FILE = "/static/admin/js/vendor/jquery/jquery.js"  # larger than the buffers of a socket
LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
JSON = {"Content-Type": "application/json"}
HEAD = b"POST /api/checkout/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CROWDS = {
    "stalled headers": HEAD,
    "stalled bodies": HEAD + b'Content-Length: 0000000000000000000040\r\n\r\n{"items"',
    "slow readers": f"GET {LARGE_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
}


class Deployed(NamedTuple):
    """An app and the proxy in front of it."""

    stack: Stack
    caddy: Caddy


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """An app with few threads, and without rate limits: here, all clients have one address."""
    caddy = Caddy()
    unlimited = {"CHECKOUTS_PER_MINUTE": "0", "STATUS_CALLS_PER_MINUTE": "0"}
    with Stack(env={"PUBLIC_URL": caddy.url, "WEB_CONCURRENCY": "1", "WEB_THREADS": "8"} | unlimited) as stack:
        caddy.app_port = stack.port
        with caddy:
            yield Deployed(stack, caddy)


@pytest.fixture
def caddy(deployed: Deployed) -> Caddy:
    return deployed.caddy


def test_the_tests_use_the_version_that_is_deployed() -> None:
    printed = subprocess.run([caddy_program(), "version"], check=True, capture_output=True, text=True).stdout
    assert printed.split()[0].removeprefix("v") == VERSION


def test_a_buyer_pays_over_https(deployed: Deployed) -> None:
    stack, caddy = deployed
    answer = caddy.request("POST", "/api/checkout/")
    assert answer.headers["Strict-Transport-Security"]
    started = answer.json()
    assert started["status_url"].startswith(f"{caddy.url}/api/orders/")
    pay(stack.emulator_url, stack, started)
    await_status(stack, started, "paid")
    assert caddy.request("GET", f"/return/{started['order_id']}/").status == 200
    for path in ("/admin/", "/console/", "/readyz"):
        assert caddy.request("GET", path).status == 404, path
    assert caddy.request("GET", "/", headers={"Host": "other.example"}).data == b"", "no other name is served"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param({"body": iter([b"{", b"}"]), "headers": JSON}, 411, id="a body without a length"),
        pytest.param({"body": b" " * 1024 * 1024 + b"{}", "headers": JSON}, 413, id="a large body"),
        pytest.param({"headers": {"A": "a" * 30_000}}, 431, id="large headers"),
        pytest.param({"headers": {"A": "a" * 9_000}}, 431, id="headers that are too large for the app"),
    ],
)
def test_requests_have_limits(caddy: Caddy, options: dict[str, object], status: int) -> None:
    assert caddy.request("POST", "/api/checkout/", **options).status == status


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (3 * LIMIT, 413)])
def test_a_body_has_the_apps_own_limit(caddy: Caddy, size: int, status: int) -> None:
    for _ in range(5):
        answer = caddy.request("POST", "/api/checkout/", body=b"{}".rjust(size), headers=JSON)
        assert answer.status == status
        if status == 413:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "body_too_large"
            assert answer.json()["detail"] == f"The body must not exceed {LIMIT} bytes."


@pytest.mark.parametrize("crowd", CROWDS)
def test_thousands_of_slow_clients_hold_nobody_up(caddy: Caddy, crowd: str) -> None:
    with many_files(), slow_clients(caddy.http_port, CROWDS[crowd]) as clients:
        if crowd == "slow readers":
            # The app serves their requests first. Caddy forwards a response when it has all of it.
            for client in clients:
                client.recv(1, socket.MSG_PEEK)
        for _ in range(10):
            assert caddy.request("GET", "/healthz", timeout=SOON).status == 200
            assert caddy.request("POST", "/api/checkout/", timeout=SOON).status == 200


@contextmanager
def slow_clients(port: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open many connections, send the start of a request on each, and read nothing."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(CROWD)]
        for client in clients:
            client.settimeout(60)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(sent)
        yield clients


@contextmanager
def many_files() -> Iterator[None]:
    """Allow this process as many open files as the machine does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_requests_wait_while_the_app_restarts(deployed: Deployed) -> None:
    stack, caddy = deployed
    stack.stop()
    stack.start()
    assert caddy.request("GET", "/api/products/", timeout=40).status == 200
    stack.wait_for_log(f"Ready: {stack.url}", count=2)
