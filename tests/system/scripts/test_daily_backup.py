"""`scripts/daily-backup`: one backup a day, and none is deleted before there is a newer one."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import ROOT

DAY = 24 * 3600  # seconds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with older backups, one made by hand, and another file."""
    folder = tmp_path / "backups"
    folder.mkdir()
    for name, days in (("daily-old.dump", 20), ("daily-recent.dump", 2), ("by-hand.dump", 20), ("notes.txt", 20)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * DAY,) * 2)
    return folder


def environment(folder: Path, url: str) -> dict[str, str]:
    return {"PATH": f"{find_postgres()}:/usr/bin:/bin", "BACKUP_FOLDER": str(folder), "DATABASE_URL": url}


@contextmanager
def running(folder: Path, url: str) -> Iterator[str]:
    """Run it until the end of the block, which starts with its first line."""
    command = ["sh", "scripts/daily-backup"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(folder, url), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as script:
        assert script.stdout
        try:
            yield script.stdout.readline()
        finally:
            script.terminate()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def is_healthy(folder: Path) -> bool:
    health = ["sh", "scripts/daily-backup", "health"]
    return subprocess.run(health, cwd=ROOT, env=environment(folder, ""), capture_output=True).returncode == 0


def test_it_saves_the_database_and_deletes_old_backups(postgres: Postgres, folder: Path) -> None:
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 4711 AS number")
    assert not is_healthy(folder)
    with running(folder, url) as line:
        assert "saved" in line
    assert is_healthy(folder)
    kept = {"daily-recent.dump", "by-hand.dump", "notes.txt"}
    [new] = names(folder) - kept
    assert names(folder) == {new} | kept
    assert (folder / new).stat().st_mode & 0o777 == 0o600
    other = postgres.new_database()
    restore = ["pg_restore", "--exit-on-error", "--no-owner", "--dbname", other, str(folder / new)]
    subprocess.run(restore, env=environment(folder, url), check=True)
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT number FROM orders").fetchall() == [(4711,)]


def test_todays_backup_is_made_once(postgres: Postgres, folder: Path) -> None:
    url = postgres.new_database()
    with running(folder, url):
        pass
    first = names(folder)
    command = ["timeout", "--preserve-status", "2", "sh", "scripts/daily-backup"]
    done = subprocess.run(command, cwd=ROOT, env=environment(folder, url), capture_output=True, text=True)
    assert done.stdout == ""
    assert names(folder) == first


def test_a_failure_deletes_nothing(folder: Path) -> None:
    before = names(folder)
    with running(folder, "postgres://nobody@127.0.0.1:1/none") as line:
        assert "nothing was saved" in line
    assert names(folder) == before
