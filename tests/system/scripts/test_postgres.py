"""`scripts/postgres`: the app's role is no superuser, in a new database and in one of version 0.1.0."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import find_postgres, server_user
from tests.support.stack import ROOT, reserve_port
from tests.support.waiting import until
from tests.unit.payments.upgrade.first_version import POSTGRES

# What the image's own entrypoint comes to with a volume that is initialized.
ENTRYPOINT = '#!/bin/sh\nexec postgres -D "$PGDATA" -k "$PGDATA" -h 127.0.0.1 -p "$PORT"\n'
ROLES = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname"
OWNERS = """
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname IN ('public', 'mine') AND relkind IN ('r', 'S', 'v', 'p')
"""
# What a user may have added, each kind of it owned in a way of its own.
ADDITIONS = """
CREATE SCHEMA mine;
CREATE TABLE mine.notes (id serial PRIMARY KEY, text text);
CREATE SEQUENCE mine.numbers;
CREATE VIEW mine.paid AS SELECT id FROM payments_order WHERE status = 'paid';
CREATE TABLE mine.log (day date) PARTITION BY RANGE (day);
CREATE TABLE mine.log_of_2026 PARTITION OF mine.log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
"""


class Volume:
    """A data directory, and the server that `scripts/postgres` runs on it."""

    def __init__(self, folder: Path, superuser: str) -> None:
        self.folder, self.data, self._superuser = folder, folder / "data", superuser
        programs = find_postgres()
        assert programs
        self._env = {"PATH": f"{folder}:{programs}:/usr/bin:/bin", "PGDATA": str(self.data), "TMPDIR": str(folder)}
        (folder / "scripts").mkdir()  # not on PATH, as in the container
        for name in ("postgres", "postgres-roles.sql"):
            shutil.copy(ROOT / "scripts" / name, folder / "scripts")
        (folder / "docker-entrypoint.sh").write_text(ENTRYPOINT)
        (folder / "docker-entrypoint.sh").chmod(0o755)
        (folder / "password").write_text("app")
        if user := server_user():
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user)
        self._run("initdb", "-D", self.data, "-U", superuser, "--auth-local=trust", "--auth-host=scram-sha-256",
                  f"--pwfile={folder / 'password'}", "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip

    def while_initialized(self, *files: Path) -> None:
        """Create the database and run the files on it, as the image does before the server listens."""
        listen = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self._run("pg_ctl", "-D", self.data, "--wait", "--silent", "-l", self.folder / "log", "-o", listen, "start")
        psql = ["psql", "-v", "ON_ERROR_STOP=1", "--quiet", "-h", self.folder, "-U", self._superuser]
        self._run("createdb", "-h", self.folder, "-U", self._superuser, "app")
        for file in files:
            shutil.copy(file, self.folder / "file.sql")
            self._run(*psql, "-d", "app", "-f", self.folder / "file.sql")
        self._run("pg_ctl", "-D", self.data, "--wait", "--silent", "--mode", "fast", "stop")

    @contextmanager
    def running(self) -> Iterator[int]:
        """Run the script; its port once the server answers there."""
        reservation = reserve_port()
        port: int = reservation.getsockname()[1]
        with (self.folder / "log").open("ab") as log:
            script = subprocess.Popen(
                ["sh", self.folder / "scripts" / "postgres"], env=self._env | {"PORT": str(port)},
                user=server_user(), cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        try:
            until(lambda: script.poll() is not None or can_log_in(port, "app"), "the app's role can log in")
            assert script.poll() is None, (self.folder / "log").read_text()
            yield port
        finally:
            script.terminate()
            script.wait(60)
            reservation.close()

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [str(part) for part in command], env=self._env, user=server_user(), cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, which the server's user can reach."""
    if not find_postgres():
        pytest.skip("no PostgreSQL server on this machine")
    path = Path(tempfile.mkdtemp(prefix="volume-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


def can_log_in(port: int, user: str, password: str = "app") -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user=user, password=password, dbname="app").close()
    except psycopg.OperationalError:
        return False
    return True


def connect(port: int) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(host="127.0.0.1", port=port, user="app", password="app", dbname="app", autocommit=True)


def check_roles(port: int) -> None:
    """What the app's role is, may do and may not do."""
    with connect(port) as connection:
        assert connection.execute(ROLES).fetchall() == [("app", False), ("postgres", True)]
        connection.execute("CREATE TABLE new_table (id integer)")
        connection.execute("DROP TABLE new_table")
        for forbidden in ("CREATE ROLE other", "CREATE DATABASE other", "COPY (SELECT 1) TO PROGRAM 'true'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
    assert not any(can_log_in(port, "postgres", password) for password in ("app", "removed", "postgres", ""))


def test_a_new_volume_gets_a_role_for_the_app(folder: Path) -> None:
    volume = Volume(folder, "postgres")
    volume.while_initialized(ROOT / "scripts/postgres-roles.sql")
    for _ in range(2):
        with volume.running() as port:
            check_roles(port)


def test_a_volume_of_the_first_version_keeps_its_data(folder: Path, tmp_path: Path) -> None:
    additions = tmp_path / "additions.sql"
    additions.write_text(f"SET search_path TO public;\n{ADDITIONS}")
    volume = Volume(folder, "app")
    volume.while_initialized(POSTGRES, additions)
    for _ in range(2):  # again after an interruption, or at the next start
        with volume.running() as port:
            check_roles(port)
            with connect(port) as connection:
                assert connection.execute(OWNERS).fetchall() == [("app",)]
                assert connection.execute("SELECT count(*) FROM payments_order").fetchall()[0][0]
                connection.execute("ALTER TABLE payments_order ADD COLUMN new integer")
                connection.execute("ALTER TABLE payments_order DROP COLUMN new")
                connection.execute("INSERT INTO mine.notes (text) VALUES ('by its owner')")
        (volume.data / "app_role_is_no_superuser").unlink()


def test_a_volume_that_fails_is_not_served(folder: Path) -> None:
    volume = Volume(folder, "somebody")  # neither of the names that we give
    volume.while_initialized()
    with pytest.raises(AssertionError, match="could not be separated"), volume.running():
        pass
    assert not (volume.data / "app_role_is_no_superuser").exists()
