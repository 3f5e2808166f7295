"""A temporary PostgreSQL server for tests, with its data under /tmp, on a free port and a Unix socket.

Run a command with DATABASE_URL set to a new database: `python -m tests.support.postgres pytest -m django_db`.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.support.stack import reserve_port
from tests.support.waiting import until

FOLDERS = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin")
UNPRIVILEGED = ("postgres", "nobody")
# Speed before durability: no test needs its data after a power failure.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def find_postgres() -> Path | None:
    """Return the folder with initdb and postgres, the newest version first, or None."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for folder in FOLDERS:
        found += sorted(Path("/").glob(folder), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


class Postgres:
    """Context manager that runs the server. `durable` keeps its default settings, for measurements.

    `disk_mb`: its data has a disk of its own, in memory and of this size, at `folder`. Needs root.
    """

    def __init__(self, *, durable: bool = False, disk_mb: int = 0) -> None:
        self._disk_mb = disk_mb
        self._options = [] if durable else [part for option in FAST for part in ("-c", option)]
        self._user = server_user()

    def __enter__(self) -> Self:
        programs = find_postgres()
        assert programs, "no PostgreSQL server on this machine"
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # a socket's path must be short
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        try:
            if self._disk_mb:
                disk = ["mount", "-t", "tmpfs", "-o", f"size={self._disk_mb}m", "tmpfs", str(self.folder)]
                subprocess.run(disk, check=True, capture_output=True)
            self._init(programs)
            self._start(programs)
        except BaseException:
            self._remove()
            raise
        return self

    def _init(self, programs: Path) -> None:
        if self._user:
            shutil.chown(self.folder, self._user)
        initdb = [str(programs / "initdb"), "-D", str(self._data), "-U", "postgres", "--auth=trust", "--no-sync"]
        subprocess.run([*initdb, "-E", "UTF8", "--locale=C"], user=self._user, cwd="/", check=True, capture_output=True)

    def _start(self, programs: Path) -> None:
        listen = ["-k", str(self.folder), "-h", "127.0.0.1", "-p", str(self.port), "-c", "max_connections=300"]
        with (self.folder / "log").open("a") as log:
            self._server = subprocess.Popen(
                [programs / "postgres", "-D", self._data, *listen, *self._options],
                user=self._user, cwd="/", stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        until(self._answers, "Postgres accepts connections")

    def _answers(self) -> bool:
        assert self._server.poll() is None, (self.folder / "log").read_text()
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _remove(self) -> None:
        server: subprocess.Popen[bytes] | None = getattr(self, "_server", None)
        if server:
            server.send_signal(signal.SIGINT)  # a fast shutdown: does not wait for clients
            server.wait()
        self._reservation.close()
        if self._disk_mb:
            subprocess.run(["umount", str(self.folder)], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def processes(self) -> list[int]:
        """The server's child processes; most serve one connection each."""
        pid = self._server.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def crash(self) -> None:
        """Kill the server and its children, as the kernel does when memory runs out, and start it again."""
        with self.stopped():
            pass

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Kill the server for the duration of the block, then start it again."""
        # A running server could start a child after they are listed, which would survive and hold the shared memory.
        os.kill(self._server.pid, signal.SIGSTOP)
        until(lambda: _state(self._server.pid) in "TZ", "the server has stopped")
        victims = [*self.processes, self._server.pid]  # each is in its own session
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.wait()
        until(
            lambda: not any(map(_is_alive, victims)),
            "all server processes have ended; the last one holds the shared memory",
        )
        yield
        programs = find_postgres()
        assert programs
        self._start(programs)

    def url(self, database: str) -> str:
        """Return a DATABASE_URL for that database of this server."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database. Return its DATABASE_URL."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload, unused-ignore]
        return self.url(name)


def _is_alive(pid: int) -> bool:
    return _state(pid) not in ("", "Z")  # an orphan may stay a zombie


def _state(pid: int) -> str:
    """Return the letter of the process's state (proc_pid_stat(5)); empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def server_user() -> str | None:
    """Return the unprivileged account to run Postgres as, because it refuses to run as root; None if not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in names)


def main(command: Sequence[str]) -> int:
    """Run the command with DATABASE_URL set. Return its exit code."""
    with Postgres() as server:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": server.new_database()}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
