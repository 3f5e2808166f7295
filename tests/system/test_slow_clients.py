"""Slow clients can't hold the server: others are answered while hundreds send, or read, a byte at a time."""

import resource
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from io import BufferedReader
from pathlib import Path

import pytest
import urllib3

from benchmarks.servers import Server

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "app/gunicorn.conf.py", "-b", "127.0.0.1:PORT", "app.wsgi"]
CLIENTS = 300  # more than there are threads
HEADERS = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
POST = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
BIG = b"GET /static/ninja/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"


class SlowClients:
    """Hundreds of connections that start with `opening`, then send a byte twice a second and read nothing. Who is cut
    off comes again."""

    def __init__(self, port: int, opening: bytes, *, drip: bytes = b"a", number: int = CLIENTS) -> None:
        self._port, self._opening, self._drip = port, opening, drip
        self._clients = [self._connect() for _ in range(number)]
        self.cut_off = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "SlowClients":
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._stop.set()
        self._thread.join()
        for client in self._clients:
            client.close()

    def _connect(self) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect(("127.0.0.1", self._port))
        client.setblocking(False)
        client.send(self._opening)
        return client

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self._clients = [self._next(client) for client in self._clients]

    def _next(self, client: socket.socket) -> socket.socket:
        try:
            if self._drip:
                client.send(self._drip)
        except BlockingIOError:
            pass
        except OSError:
            client.close()
            self.cut_off += 1
            return self._connect()
        return client


@pytest.fixture(autouse=True)
def _enough_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """gunicorn as it ships, with fewer threads than there are slow clients."""
    size = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "64"}
    env = {"DATA_DIR": str(tmp_path), "DOCTOR_AT_START": "0", "DATABASE_URL": "", **size}
    with Server(GUNICORN, env, log=tmp_path / "log") as running:
        yield running


@pytest.mark.parametrize(
    ("opening", "drip"),
    [
        pytest.param(b"", b"", id="silence"),
        pytest.param(HEADERS, b"a", id="headers"),
        pytest.param(POST % b"/stripe-webhook/", b"a", id="webhook"),
        pytest.param(POST % b"/api/checkout/", b"a", id="checkout"),
        pytest.param(BIG, b"", id="reading"),
    ],
)
def test_others_are_answered_while_hundreds_are_slow(server: Server, opening: bytes, drip: bytes) -> None:
    http = urllib3.PoolManager(retries=False, timeout=10)
    with SlowClients(server.port, opening, drip=drip):
        until, waits = time.monotonic() + 5, []
        while time.monotonic() < until:
            asked = time.monotonic()
            # A connection of its own each time, as new buyers have.
            assert http.request("GET", f"{server.url}/healthz", headers={"Connection": "close"}).status == 200
            waits.append(time.monotonic() - asked)
            time.sleep(0.1)
    # While the first wave is being sorted out, those who are fast wait a moment.
    assert max(waits) < 6, waits
    assert sorted(waits)[len(waits) // 2] < 2, waits


@pytest.mark.parametrize("pause", [1, 0.3], ids=["every second", "again and again"])
def test_a_request_that_does_not_end_is_cut_off_though_nobody_waits(server: Server, pause: float) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port))) as client:
        client.sendall(HEADERS)
        began = time.monotonic()
        with selectors.DefaultSelector() as readable:
            readable.register(client, selectors.EVENT_READ)
            while not readable.select(pause):
                client.sendall(b"a")
                assert time.monotonic() - began < 30
        assert time.monotonic() - began > 15, "somebody on a bad line must get through"


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "at once"])
def test_a_kept_connection_gets_all_its_answers_in_order(server: Server, at_once: bool) -> None:
    paths = [b"/healthz", b"/api/nothing/", b"/healthz", b"/api/products/x"] * 5
    asked = [b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in paths]
    with closing(socket.create_connection(("127.0.0.1", server.port))) as client:
        client.settimeout(10)
        answers = client.makefile("rb")
        statuses = []
        for requests in [b"".join(asked)] if at_once else asked:
            client.sendall(requests)
            statuses += [_read_answer(answers) for _ in range(len(asked) if at_once else 1)]
    assert statuses == [200, 404] * 10


def _read_answer(answers: BufferedReader) -> int:
    head = iter(answers.readline, b"\r\n")
    status = int(next(head).split()[1])
    answers.read(next(int(line.split(b":")[1]) for line in [*head] if line.lower().startswith(b"content-length:")))
    return status
