"""Migrate the database and fill the catalog, in one process because starting Django takes time.

Exit code 78 (EX_CONFIG): the settings are invalid, and the last line says how to fix them.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from app.config.database import explain, missing_migrations

BAD_SETTINGS = 78
LOCK = 0x70726570617265  # any number that only this program uses: "prepare" in ASCII


def main() -> int:
    """Return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
    try:
        django.setup()
        _report_unreadable_env_file()
        connection = connections[DEFAULT_DB_ALIAS]
        # A pool would hide the reason for a failed connection until its timeout.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        _wait_for(connection, float(os.environ.get("DATABASE_WAIT") or 0))
        with _alone(connection):
            _migrate(connection)
            call_command("seed_demo")
    except (ImproperlyConfigured, SystemCheckError) as error:
        return _refuse(str(error))
    except DatabaseError as error:
        if explanation := explain(error, settings.DATABASES[DEFAULT_DB_ALIAS]):
            return _refuse(explanation)
        raise
    return 0


def _report_unreadable_env_file() -> None:
    """Print a note if the container can't read .env (mode 0600): Compose has read it, but its lines are unchecked."""
    if file := os.environ.get("ENV_FILE"):
        try:
            Path(file).open().close()
        except FileNotFoundError:
            pass
        except PermissionError:
            sys.stdout.write(".env was not checked for ambiguous lines: only its owner can read it\n")


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let one process prepare a Postgres database at a time: several replicas may start at once.

    The lock is a transaction's, on its own connection, so it works through a pooler in transaction mode, and ends with
    the process (Postgres: "Advisory Locks").
    """
    if connection.vendor != "postgresql":
        yield
        return
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                sys.stdout.write("Another process is preparing the database: waiting for it\n")
                sys.stdout.flush()
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield
    finally:
        other.close()


def _migrate(connection: BaseDatabaseWrapper) -> None:
    # The command is slow even if there is nothing to migrate.
    if missing_migrations():
        call_command("migrate", interactive=False, verbosity=0)
        sys.stdout.write("The database was migrated\n")


def _wait_for(connection: BaseDatabaseWrapper, seconds: float) -> None:
    """Wait until the database accepts connections. Raises OperationalError after the timeout."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.ensure_connection()
        except OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _refuse(sentence: str) -> int:
    sys.stdout.write(sentence.strip() + "\n")
    return BAD_SETTINGS


if __name__ == "__main__":
    sys.exit(main())
