"""Open the state file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from stripe_emulator.storage.tables import TABLES, TABLES_VERSION

# WAL without a sync per commit: the operating system has the bytes, so a killed process loses nothing.
# Exclusive: a second emulator on the same file would return outdated objects from its cache.
_PRAGMAS = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
# Checkpoints wait for the disk, so they are rare.
_PRAGMAS += " PRAGMA wal_autocheckpoint=8000;"


class StateError(Exception):
    """Raised if the state file can't be used; the message is the reason."""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open the state file and create its tables; None opens a private temporary file. Raises `StateError`."""
    try:
        # "" is SQLite's temporary database, which spills to disk, so memory use stays flat without a file too.
        # Only the event loop's thread uses the connection, which another thread may have opened.
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
