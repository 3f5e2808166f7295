"""Migrates the database and fills the catalogue, in one process: each start of Django takes its time.

Exit code 78 (EX_CONFIG) means that the last line is one sentence for whoever wrote the settings.
"""

import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from app.config.database import explain

BAD_SETTINGS = 78


def main() -> int:
    """Returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
    try:
        django.setup()
        _tell_of_unreadable_env_file()
        _migrate()
        call_command("seed_demo")
    except (ImproperlyConfigured, SystemCheckError) as error:
        return _refuse(str(error))
    except DatabaseError as error:
        if explanation := explain(error, settings.DATABASES[DEFAULT_DB_ALIAS]):
            return _refuse(explanation)
        raise
    return 0


def _tell_of_unreadable_env_file() -> None:
    """Say so where the container may not read .env (mode 0600): Compose has read it, but its lines stay unchecked."""
    if file := os.environ.get("ENV_FILE"):
        try:
            Path(file).open().close()
        except FileNotFoundError:
            pass
        except PermissionError:
            sys.stdout.write(".env was not checked for ambiguous lines: only its owner can read it\n")


def _migrate() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    # A pool would hide for its whole time limit why there is no connection.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    _wait_for(connection, float(os.environ.get("DATABASE_WAIT") or 0))
    # The command checks, locks and signals a lot even when there is nothing to do.
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
        sys.stdout.write(f"{len(plan)} migrations applied\n")


def _wait_for(connection: BaseDatabaseWrapper, seconds: float) -> None:
    """Until the database takes connections; raises OperationalError when it does not in time."""
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
