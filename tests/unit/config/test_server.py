"""gunicorn as it ships: no request is lost while its processes are replaced, and its size follows the machine."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app.config import server_size
from app.config.env import Environment
from benchmarks.servers import Server

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "app/config/gunicorn.conf.py", "-b", "127.0.0.1:PORT"]


def size(**variables: str) -> tuple[int, int]:
    """Processes and threads in each, with these variables set."""
    env = Environment(variables)
    return server_size.workers(env), server_size.threads(env)


def test_the_size_follows_the_cpus_and_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for cpus, expected in ((1, (2, 320)), (2, (2, 320)), (3, (3, 213)), (32, (4, 160))):
        monkeypatch.setattr(server_size, "_cpus", lambda cpus=cpus: cpus)
        assert size() == expected
    assert size(WEB_CONCURRENCY="16") == (16, 64)
    assert size(WEB_CONCURRENCY="1", WEB_THREADS="8") == (1, 8)


class Clients:
    """Asks without a pause, over kept-alive connections; every answer that is not 200 counts as lost."""

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
    """The server, with further options."""
    env = {"DATA_DIR": str(tmp_path), "DOCTOR_AT_START": "0", "DATABASE_URL": "", "WEB_CONCURRENCY": "2"}
    log = tmp_path / "log"
    with Server([*GUNICORN, *getattr(request, "param", []), "app.config.wsgi"], env, log=log) as running:
        yield running, log


def await_workers(log: Path, count: int) -> None:
    """Until so many processes have been started."""
    deadline = time.monotonic() + 30
    while log.read_text().count("Booting worker") < count:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def pids_of_workers(running: Server) -> list[int]:
    """The processes that serve requests."""
    return [int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]


def cpus_of_workers(running: Server) -> list[str]:
    """The CPUs that each process may use, as Linux lists them."""
    told = [Path(f"/proc/{pid}/status").read_text() for pid in pids_of_workers(running)]
    return sorted(status.split("Cpus_allowed_list:")[1].split()[0] for status in told)


def sockets_of_workers(running: Server) -> list[int]:
    """How many sockets each process has open."""
    folders = [Path(f"/proc/{pid}/fd") for pid in pids_of_workers(running)]
    return [sum(str(file.readlink()).startswith("socket:") for file in folder.iterdir()) for folder in folders]


def test_as_many_processes_as_cpus_have_one_each_also_after_one_has_died(server: tuple[Server, Path]) -> None:
    running, log = server
    cpus = sorted(os.sched_getaffinity(0))
    each = [str(cpu) for cpu in cpus] if len(cpus) == 2 else None
    await_workers(log, 2)
    first = cpus_of_workers(running)
    assert each is None or first == each
    for count in (3, 4):
        os.kill(pids_of_workers(running)[0], signal.SIGKILL)
        await_workers(log, count)
        assert cpus_of_workers(running) == first


def test_a_cpu_is_given_to_one_process_and_to_none_where_numbers_differ() -> None:
    cpus = sorted(os.sched_getaffinity(0))
    given: list[int | None] = []
    for _ in cpus:
        given.append(server_size.own_cpu(given, processes=len(cpus)))
    assert sorted(cpu for cpu in given if cpu is not None) == cpus
    assert server_size.own_cpu([], processes=len(cpus) + 1) is None


def test_connections_are_shared_out_also_after_a_process_has_died(server: tuple[Server, Path]) -> None:
    running, log = server
    await_workers(log, 2)
    for count in (3, 4):
        before = sum(sockets_of_workers(running))
        with ExitStack() as clients:
            for _ in range(60):
                clients.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            until = time.monotonic() + 20
            while sum(sockets_of_workers(running)) < before + 60:
                assert time.monotonic() < until
                time.sleep(0.05)
            fewer, more = sorted(sockets_of_workers(running))
            assert more - fewer <= 20
        os.kill(pids_of_workers(running)[0], signal.SIGKILL)
        await_workers(log, count)


def test_a_restart_drops_no_request(server: tuple[Server, Path]) -> None:
    running, log = server
    with Clients(running.url) as clients:
        for restart in (1, 2):
            time.sleep(0.5)
            running.send_signal(signal.SIGHUP)
            await_workers(log, 2 + 2 * restart)
        time.sleep(3)  # the old ones end
    assert clients.answers > 100
    assert clients.lost == []


@pytest.mark.parametrize("server", [["--max-requests", "100", "--max-requests-jitter", "50"]], indirect=True)
def test_renewed_processes_drop_no_request(server: tuple[Server, Path]) -> None:
    running, log = server
    with Clients(running.url) as clients:
        await_workers(log, 6)
    assert clients.lost == []
