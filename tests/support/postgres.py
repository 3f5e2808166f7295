"""A PostgreSQL of the tests' own: on a folder under /tmp, a free port and a unix socket, gone afterwards.

As a command it runs another one with DATABASE_URL set: `python -m tests.support.postgres pytest -m django_db`.
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

PLACES = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin")
UNPRIVILEGED = ("postgres", "nobody")
# Speed before durability: nothing here has to survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def find_postgres() -> Path | None:
    """The folder with initdb and postgres, newest version first; None on a machine without."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in PLACES:
        found += sorted(Path("/").glob(place), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


class Postgres:
    """A context manager: the server runs inside it. `durable` keeps its default settings, for measurements."""

    def __init__(self, *, durable: bool = False) -> None:
        self._options = [] if durable else [part for option in FAST for part in ("-c", option)]
        self._user = server_user()

    def __enter__(self) -> Self:
        programs = find_postgres()
        assert programs, "no PostgreSQL server on this machine"
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # a socket's path must be short
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        try:
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
        until(self._answers, "Postgres answers")

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
            server.send_signal(signal.SIGINT)  # a fast shutdown, which does not wait for clients
            server.wait()
        self._reservation.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def processes(self) -> list[int]:
        """The server's children, of which most serve a connection each."""
        pid = self._server.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def crash(self) -> None:
        """Kill the server with all its children, as when the machine's memory runs out, and start it again."""
        with self.away():
            pass

    @contextmanager
    def away(self) -> Iterator[None]:
        """No server in here: it is killed at the beginning and started again at the end."""
        victims = [*self.processes, self._server.pid]  # each in a session of its own
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.wait()
        until(lambda: not any(map(_is_alive, victims)), "all have gone: the last one holds the shared memory")
        yield
        programs = find_postgres()
        assert programs
        self._start(programs)

    def url(self, database: str) -> str:
        """A DATABASE_URL for that database of this server."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The DATABASE_URL of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload, unused-ignore]
        return self.url(name)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # nobody may ever ask for the exit code of an orphan


def server_user() -> str | None:
    """Postgres refuses to run as root: then an account without rights runs it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in names)


def main(command: Sequence[str]) -> int:
    """Runs the command with DATABASE_URL set; its exit code."""
    with Postgres() as server:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": server.new_database()}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
