"""PgBouncer in transaction mode in front of a test PostgreSQL, like the pooled URLs of hosted databases."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.support.postgres import Postgres, server_user
from tests.support.programs import required
from tests.support.stack import reserve_port
from tests.support.waiting import until

CONFIG = """
[databases]
* = host=127.0.0.1 port={server} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 300
"""


def find_pgbouncer() -> str | None:
    """Return the program's path, which Debian keeps off PATH, or None."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class PgBouncer:
    """Context manager that runs the pooler with so few server connections that clients share them."""

    def __init__(self, server: Postgres, *, pool: int = 3) -> None:
        self._server, self._pool = server, pool

    def __enter__(self) -> Self:
        program = required(find_pgbouncer(), "no PgBouncer (Debian, Ubuntu: apt install pgbouncer)")
        self._folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir="/tmp"))
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        config = self._folder / "pgbouncer.ini"
        config.write_text(CONFIG.format(server=self._server.port, port=self.port, pool=self._pool))
        if user := server_user():
            shutil.chown(self._folder, user)
        with (self._folder / "log").open("w") as log:
            # Like Postgres, it refuses to run as root.
            self._process = subprocess.Popen([program, config], user=user, cwd="/", stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def url(self, database_url: str) -> str:
        """Return the DATABASE_URL of the same database through the pooler."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database_url.rpartition('/')[2]}"

    def _wait(self) -> None:
        until(self._answers, "PgBouncer accepts connections")

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            psycopg.connect(self.url("/postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._reservation.close()
        shutil.rmtree(self._folder, ignore_errors=True)
