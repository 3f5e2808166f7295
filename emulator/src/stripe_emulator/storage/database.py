"""Opening the state file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from stripe_emulator.storage.tables import TABLES, TABLES_VERSION

# WAL without a sync per commit: the operating system has the bytes, so a killed process loses nothing.
# Exclusive: a second emulator on the same file would answer from what it remembers, not from what is true.
_PRAGMAS = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
# A checkpoint waits for the disk: rarely, then.
_PRAGMAS += " PRAGMA wal_autocheckpoint=8000;"


class StateError(Exception):
    """The state file can't be used; the text says why."""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open the state file and create its tables; None opens a private temporary file. Raises `StateError`."""
    try:
        # "" is SQLite's own temporary database: it spills to disk, so memory stays flat without a file too.
        # One thread uses the connection, the event loop's, which need not be the one that made it.
        database = sqlite3.connect(str(path) if path else "", isolation_level=None, check_same_thread=False, timeout=1)
        database.executescript(_PRAGMAS)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, TABLES_VERSION):
            raise StateError(
                f"Cannot use {path} as the state file: it was written by another version. Delete it and start again."
            )
        database.executescript(f"{TABLES}; PRAGMA user_version={TABLES_VERSION};")
    except sqlite3.Error as error:
        reason = "another emulator uses it" if "locked" in str(error) else error
        raise StateError(f"Cannot use {path} as the state file: {reason}.") from error
    return database
