"""gunicorn loses no request while its processes are replaced, and its size depends on the machine."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app.config import server_size
from app.config.env import Environment
from tests.support.server import Server
from tests.support.waiting import until

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "app/config/gunicorn.conf.py", "-b", "127.0.0.1:PORT"]


def size(**variables: str) -> tuple[int, int]:
    """Return the number of processes, and of threads in each, for these variables."""
    env = Environment(variables)
    return server_size.workers(env), server_size.threads(env)


def test_the_size_depends_on_cpus_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_size, "cpu_quota", lambda: None)
    for cpus, expected in ((1, (2, 64)), (2, (2, 128)), (3, (3, 85)), (32, (4, 64))):
        monkeypatch.setattr(server_size, "_cpus", lambda cpus=cpus: cpus)
        assert size() == expected
    assert size(WEB_CONCURRENCY="16") == (16, 64)
    assert size(WEB_CONCURRENCY="1", WEB_THREADS="8") == (1, 8)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_the_cpu_quota_of_a_container_is_read(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert server_size.cpu_quota(tmp_path) == quota


@pytest.mark.parametrize(("quota", "expected"), [(0.5, (1, 64)), (1, (1, 128)), (1.5, (2, 96)), (3, (3, 85))])
def test_the_size_depends_on_the_cpu_quota(
    monkeypatch: pytest.MonkeyPatch, quota: float, expected: tuple[int, int]
) -> None:
    monkeypatch.setattr(server_size, "_cpus", lambda: 32)
    monkeypatch.setattr(server_size, "cpu_quota", lambda: quota)
    assert size() == expected


class Clients:
    """Sends requests without a pause over kept-alive connections; every response but a 200 counts as lost."""

    def __init__(self, url: str, *, number: int = 4) -> None:
        self.answers, self.lost = 0, list[Any]()
        self._url, self._stop = url, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(number)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        http = urllib3.PoolManager(retries=False, timeout=20)
        while not self._stop.is_set():
            try:
                status = http.request("GET", f"{self._url}/healthz").status
            except urllib3.exceptions.HTTPError as error:
                self.lost.append(error)
            else:
                self.answers += 1
                if status != 200:
                    self.lost.append(status)


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """The server and its log, with further options."""
    env = {"DATA_DIR": str(tmp_path), "DOCTOR_AT_START": "0", "DATABASE_URL": "", "WEB_CONCURRENCY": "2"}
    env |= {"DRAIN_SECONDS": "3600"} if "drain" in request.node.name else {}
    log = tmp_path / "log"
    with Server([*GUNICORN, *getattr(request, "param", []), "app.config.wsgi"], env, log=log) as running:
        yield running, log


def await_workers(log: Path, count: int) -> None:
    """Wait until so many processes have been started."""
    until(lambda: log.read_text().count("Booting worker") >= count, f"{count} processes are started")


def pids_of_workers(running: Server) -> list[int]:
    """Return the processes that serve requests."""
    return [int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]


FEW = ["--workers", "1", "--threads", "4"]
STALLED = b"POST /stripe-webhook/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0000000000000000000040\r\n\r\n"


def answers(url: str) -> bool:
    """Return whether the server responds within 2 seconds."""
    try:
        return urllib3.request("GET", f"{url}/healthz", timeout=2, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.mark.parametrize("server", [FEW], indirect=True)
def test_stalled_bodies_block_a_process_only_on_all_threads(server: tuple[Server, Path]) -> None:
    """docs/security.md says so, and recommends a reverse proxy."""
    running, _ = server
    with ExitStack() as clients:
        for _ in range(3):
            clients.enter_context(socket.create_connection(("127.0.0.1", running.port))).sendall(STALLED)
        for _ in range(5):
            until(lambda: answers(running.url), "the last thread responds")
        last = clients.enter_context(socket.create_connection(("127.0.0.1", running.port)))
        last.sendall(STALLED)
        until(lambda: not answers(running.url), "all threads wait for a body")
        last.close()
        until(lambda: answers(running.url), "a free thread responds")


def test_a_restart_drops_no_request(server: tuple[Server, Path]) -> None:
    running, log = server
    with Clients(running.url) as clients:
        for restart in (1, 2):
            answered = clients.answers
            until(lambda answered=answered: clients.answers > answered + 50, "requests succeed")  # type: ignore[misc]
            running.send_signal(signal.SIGHUP)
            await_workers(log, 2 + 2 * restart)
        until(lambda: len(pids_of_workers(running)) == 2, "the old processes have ended")
    assert clients.lost == []


@pytest.mark.parametrize("server", [["--max-requests", "100", "--max-requests-jitter", "50"]], indirect=True)
def test_recycled_processes_drop_no_request(server: tuple[Server, Path]) -> None:
    running, log = server
    with Clients(running.url) as clients:
        await_workers(log, 6)
    assert clients.lost == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_process_that_must_stop_at_once_ends_and_drops_no_request(
    server: tuple[Server, Path], number: signal.Signals
) -> None:
    running, log = server
    with Clients(running.url) as clients:
        for stop in range(1, 4):
            await_workers(log, 2 * stop)
            answered = clients.answers
            until(lambda answered=answered: clients.answers > answered + 50, "requests succeed")  # type: ignore[misc]
            stopped = pids_of_workers(running)
            for pid in stopped:
                os.kill(pid, number)
            until(lambda stopped=stopped: not {*stopped} & {*pids_of_workers(running)}, "they end")  # type: ignore[misc]
    assert clients.lost == []


def test_a_server_drains_before_it_stops(server: tuple[Server, Path]) -> None:
    """Load balancers stop sending requests once `/readyz` fails; until then, nothing is refused."""
    running, log = server
    await_workers(log, 2)
    workers = pids_of_workers(running)
    with Clients(running.url) as clients:
        running.send_signal(signal.SIGTERM)
        until(lambda: b"stopping" in urllib3.request("GET", f"{running.url}/readyz").data, "it reports not ready")
        answered = clients.answers
        until(lambda: clients.answers > answered + 50, "requests still succeed")
    assert clients.lost == []
    assert pids_of_workers(running) == workers
    running.send_signal(signal.SIGTERM)  # a second one stops at once
    until(lambda: running.has_ended, "the server stops")
