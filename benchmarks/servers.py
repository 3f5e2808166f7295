"""Servers under test, with their CPU time, and a stand-in for Stripe's API."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from benchmarks.processes import cpu_seconds
from benchmarks.rounds import BenchmarkError
from tests.support import server
from tests.support.postgres import Postgres


class Server(server.Server):
    """A server whose CPU time is counted with that of its Postgres."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        log: Path,
        health: str | None = "/healthz",
        postgres: Postgres | None = None,
    ) -> None:
        super().__init__(command, env, log=log, health=health)
        self._postgres = postgres
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def cpu_seconds(self) -> tuple[float, float]:
        """Return the CPU seconds so far: of the server with its children, and of its Postgres."""
        database = cpu_seconds(postmaster(self._postgres)) if self._postgres else 0.0
        return cpu_seconds(self.pid), database

    def post(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Any:
        """Return the response's JSON; raise BenchmarkError if its status is not 200."""
        answer = self._http.request("POST", self.url + path, headers=headers, body=body)
        if answer.status != 200:
            raise BenchmarkError(f"POST {path}: {answer.status} {answer.data[:500]!r}")
        return answer.json()


def postmaster(postgres: Postgres) -> int:
    """Return the pid of Postgres's first process."""
    return int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])


@contextmanager
def upstream(folder: Path, delay: float, *options: str) -> Iterator[str]:
    """Run a stand-in for Stripe's API that responds after `delay` seconds. Yield its URL."""
    command = [sys.executable, "-m", "benchmarks.upstream", "PORT", str(delay * 1000), *options]
    with Server(command, {}, log=folder / "upstream.log", health=None) as server:
        yield server.url
