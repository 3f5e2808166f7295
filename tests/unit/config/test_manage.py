"""`manage.py` and an unusable database or a missing Django."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack import ROOT, clean_environment


def test_files_written_by_manage_py_are_private(tmp_path: Path) -> None:
    env = clean_environment() | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
    migrated = ["sh", "-c", f'umask 022 && exec "{sys.executable}" manage.py migrate --verbosity 0']
    subprocess.run(migrated, cwd=ROOT, env=env, check=True)
    assert (tmp_path / "data" / "db.sqlite3").stat().st_size
    entries = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    assert {entry.stat().st_mode & 0o077 for entry in entries} == {0}


@pytest.mark.parametrize(
    ("content", "command", "words"),
    [
        (b"", ("catch_up",), "run ./scripts/run migrate"),
        (b"no database " * 1000, ("catch_up",), "is damaged"),
        (b"no database " * 1000, ("migrate",), "move it away"),
    ],
)
def test_an_unusable_database_gives_a_one_line_error(
    tmp_path: Path, content: bytes, command: tuple[str, ...], words: str
) -> None:
    (tmp_path / "db.sqlite3").write_bytes(content)
    env = clean_environment() | {"DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    result = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("manage.py: ")
    assert words in line


def test_a_missing_django_gives_a_hint() -> None:
    bare = [sys.executable, "-I", "-S", str(ROOT / "manage.py"), "migrate"]
    result = subprocess.run(bare, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [result.stderr.strip()]
    assert ". .venv/bin/activate" in result.stderr


def test_a_signal_stops_the_worker_whatever_it_is_doing() -> None:
    """The signal comes while the main thread holds the lock of the event that it waits for."""
    code = """
import signal
from app.payments.management.commands.db_worker import set_by_signals
stop = set_by_signals()
with stop._cond:
    signal.raise_signal(signal.SIGTERM)
assert stop.wait(10)
"""
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, check=True, timeout=30)
