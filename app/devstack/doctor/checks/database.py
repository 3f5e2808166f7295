"""Checks of the database: it responds, its migrations are applied, and every payment has an order."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error

from app.config.database import check_writable, missing_migrations
from app.config.machine import in_container
from app.devstack.doctor.finding import Verdict, failed, ok, warning
from app.devstack.doctor.remedies import log_of, start_command
from app.payments.models import StripeEvent

CONNECT_TIMEOUT = 4  # seconds

DAMAGED = "The SQLite file is damaged."
FULL = "The database's disk is full or failing."
READ_ONLY = "The database can be read, but not written."
# The cause by a part of the driver's message, the most specific first.
CAUSES = {
    "password authentication failed": "The user or password in DATABASE_URL is wrong.",
    "no password supplied": "DATABASE_URL has no password.",
    "does not exist": "The database or the user in DATABASE_URL does not exist.",
    "Connection refused": "Nothing is listening there: the server is down, or the host or port in DATABASE_URL is "
    "wrong.",
    "resolve host": "The host in DATABASE_URL can't be found.",
    "Name or service": "The host in DATABASE_URL can't be found.",
    "too many clients": "The server has no free connection.",
    "couldn't get a connection": "Timed out waiting for a connection: the server is down or overloaded.",
    "unable to open database file": "The folder of the SQLite file is missing or not writable.",
    "readonly database": "This user can't write to the SQLite file.",
    "is read-only": READ_ONLY,
    "No space left": FULL,
    "disk": FULL,
    "malformed": DAMAGED,
    "not a database": DAMAGED,
}


def database() -> Verdict:
    """Check that the database responds to queries."""
    connection = _outside_the_pool()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            check_writable(connection)
            if settings.DATABASES["default"]["OPTIONS"].get("prepare_threshold") and _is_pooled(cursor):
                return warning(
                    "A connection pooler may lose prepared statements",
                    "Set DATABASE_PREPARED_STATEMENTS=0 in .env.",
                    cause="DATABASE_PREPARED_STATEMENTS=1 needs a dedicated connection, which a pooler in transaction "
                    "mode (PgBouncer before 1.21, pooled URLs) does not provide.",
                )
        version = ".".join(str(part) for part in connection.get_database_version())
    except Error as error:
        return _down(" ".join(str(error).split()))
    finally:
        connection.close()
    return ok(f"{connection.display_name} {version}")


def migrations() -> Verdict:
    """Check that all migrations are applied."""
    try:
        missing = missing_migrations()
    except DatabaseError as error:
        return _down(" ".join(str(error).split()))
    if not missing:
        return ok("all applied")
    command = "docker compose run --rm migrate" if in_container() else ".venv/bin/python manage.py migrate"
    names = ", ".join(missing[:3])
    return failed(
        f"{len(missing)} not applied",
        f"Run: {command}",
        cause=f"The database is older than the code: {names}{', …' if len(missing) > 3 else ''}.",
    )


def lost_payments() -> Verdict:
    """Check that every payment that Stripe has reported belongs to an order in this database."""
    lost = StripeEvent.objects.lost_payments()
    if not (count := lost.count()):
        return ok("every payment has its order")
    newest = lost.latest("received_at")
    return warning(
        f"{count} {'payment' if count == 1 else 'payments'} for orders that this database does not have",
        "Restore a newer backup: the payments are applied once their orders exist. Or refund them in Stripe's "
        f"dashboard. The newest is {newest.stripe_payment_intent_id or newest.stripe_id}; to see all, filter the "
        "events in the admin by outcome (parked) and paid.",
        cause="An older backup may have been restored. The buyers have paid, but these orders will not be fulfilled.",
    )


def _is_pooled(cursor: Any) -> bool:
    """Return whether a pooler sits between us and Postgres: then the process ids differ."""
    cursor.execute("SELECT pg_backend_pid()")
    [[pid]] = cursor.fetchall()
    return bool(pid != cursor.connection.info.backend_pid)


def _outside_the_pool() -> BaseDatabaseWrapper:
    """Return a separate connection: the pool would retry until its timeout, and then hide the reason."""
    connection = connections[DEFAULT_DB_ALIAS].copy()
    options = connection.settings_dict["OPTIONS"]
    if options.pop("pool", None):
        options["connect_timeout"] = CONNECT_TIMEOUT
    return connection


def _down(message: str) -> Verdict:
    cause = next((cause for sign, cause in CAUSES.items() if sign in message), "")
    if cause == DAMAGED:
        file = settings.DATABASES["default"]["NAME"]
        remedy = (
            f"Stop the stack. Restore a copy of {file}, or move it away (with its -wal and -shm files) to start with "
            "an empty one."
        )
        return failed("The database can't be used", remedy, cause=f"{cause} ({message})")
    if cause == FULL:
        space = "delete files or enlarge the disk (Docker: docker system df shows what takes space)"
        return failed("The database can't be written", f"Make room: {space}.", cause=f"{cause} ({message})")
    if cause == READ_ONLY:
        remedy = "Let DATABASE_URL name the primary server, not a replica, and check default_transaction_read_only."
        return failed("The database can't be written", remedy, cause=cause)
    return failed(
        "The database can't be used",
        f"Check DATABASE_URL in .env and run: {start_command('db')}. The log says why: {log_of('db')}."
        if in_container()
        else "Start the database server, or check DATABASE_URL in .env (empty: use an SQLite file).",
        cause=f"{cause} ({message})" if cause else message,
    )
