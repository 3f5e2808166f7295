"""Databases of the first version; see make.py."""

import sqlite3
from contextlib import closing
from pathlib import Path

SQLITE, POSTGRES = (Path(__file__).parent / f"first_version.{database}.sql" for database in ("sqlite", "postgres"))


def build_sqlite(folder: Path) -> Path:
    """Write db.sqlite3 into the folder, as the first version left it."""
    path = folder / "db.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SQLITE.read_text())
    return path
