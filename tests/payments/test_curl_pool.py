"""Calls by libcurl: what is sent and read, connections that died, answers that must not be believed."""

import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import stripe

from app.payments.curl_pool import CurlPool, NoAnswerError
from app.payments.stripe_http import Patience, PooledClient


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent; `/once` closes the connection without saying so before."""

    protocol_version = "HTTP/1.1"
    connections: set[object]

    def answer(self) -> None:
        self.connections.add(self.client_address)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"{self.command} {self.path} {self.headers.get('X-Name', '')} {sent.decode()}".encode()
        self.send_response(201)
        self.send_header("Request-Id", "req_1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/once"

    do_GET = do_POST = do_DELETE = answer  # noqa: N815  # http.server's names

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    asked = 0

    def get_request(self) -> Any:
        self.asked += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that distrusts us hangs up: no news."""


@pytest.fixture
def server() -> Iterator[Server]:
    Echo.connections = set()
    with Server(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield server
        server.shutdown()


@pytest.fixture
def pool() -> Iterator[CurlPool]:
    pool = CurlPool(size=4, certificates=stripe.ca_bundle_path, connect_timeout=2)
    yield pool
    pool.close()


def url(server: Server, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_methods_bodies_and_headers_arrive_on_one_connection(server: Server, pool: CurlPool) -> None:
    for method, body in (("post", "a=1"), ("get", None), ("delete", None), ("post", "")):
        taken, status, headers = pool.send(method, url(server, "/x"), {"X-Name": "n"}, body, timeout=5)
        assert (taken.decode(), status) == (f"{method.upper()} /x n {body or ''}", 201)
        assert headers["request-id"] == headers["Request-Id"] == "req_1"
    assert len(Echo.connections) == 1


def test_a_connection_that_the_server_has_closed_costs_no_call(server: Server, pool: CurlPool) -> None:
    for _ in range(3):
        assert pool.send("post", url(server, "/once"), {}, "a=1", timeout=5)[1] == 201
    assert len(Echo.connections) == 3


def test_threads_get_their_own_answers(server: Server, pool: CurlPool) -> None:
    with ThreadPoolExecutor(16) as crowd:
        answers = crowd.map(lambda n: pool.send("post", url(server), {}, f"n={n}", timeout=10)[0], range(200))
    assert [answer.decode() for answer in answers] == [f"POST /  n={n}" for n in range(200)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [("http://127.0.0.1:9/", "refused"), ("https://api.stripe.invalid/", "resolve")],
)
def test_no_answer_says_why(pool: CurlPool, address: str, reason: str) -> None:
    with pytest.raises(NoAnswerError, match=reason) as raised:
        pool.send("get", address, {}, None, timeout=5)
    assert not raised.value.untrusted


def test_a_certificate_that_nobody_vouches_for_is_refused_and_not_asked_again(server: Server, tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-noenc", "-days", "1", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = url(server).replace("http:", "https:")
    client = PooledClient(Patience(seconds=30, retries=3))
    with pytest.raises(stripe.APIConnectionError, match="certificate"):
        client.request("get", address, {})
    assert server.asked == 1
    trusting = CurlPool(size=1, certificates=str(tmp_path / "cert.pem"), connect_timeout=2)
    assert trusting.send("get", address, {}, None, timeout=5)[1] == 201
