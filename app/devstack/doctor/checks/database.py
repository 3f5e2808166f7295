"""Is the database there, and has it our tables?"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error

from app.config.machine import in_container
from app.devstack.doctor.finding import Verdict, failed, ok, warning
from app.devstack.doctor.remedies import log_of, start_again
from app.payments.models import StripeEvent

CONNECT_TIMEOUT = 4  # seconds

DAMAGED = "The SQLite file is damaged."
# What a driver's message tells, the most telling first.
CAUSES = {
    "password authentication failed": "User or password in DATABASE_URL are wrong.",
    "no password supplied": "DATABASE_URL holds no password.",
    "does not exist": "The database, or the user, that DATABASE_URL names does not exist.",
    "Connection refused": "Nobody listens there: the server is not running, or host or port in DATABASE_URL are wrong.",
    "resolve host": "The host in DATABASE_URL can't be found.",
    "Name or service": "The host in DATABASE_URL can't be found.",
    "too many clients": "The server has no connection left.",
    "couldn't get a connection": "No connection came free in time: the server is down, or overloaded.",
    "unable to open database file": "The folder of the SQLite file is missing or can't be written.",
    "readonly database": "The SQLite file can't be written by this user.",
    "disk": "The disk is full or broken.",
    "malformed": DAMAGED,
    "not a database": DAMAGED,
}


def database() -> Verdict:
    """Can it be asked?"""
    connection = _outside_the_pool()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if settings.DATABASES["default"]["OPTIONS"].get("prepare_threshold") and _is_pooled(cursor):
                return warning(
                    "A connection pooler may lose prepared statements",
                    "Set DATABASE_PREPARED_STATEMENTS=0 in .env.",
                    cause="DATABASE_PREPARED_STATEMENTS=1 needs a connection of its own, which a pooler in transaction "
                    "mode (PgBouncer before 1.21, pooled URLs) doesn't give.",
                )
        version = ".".join(str(part) for part in connection.get_database_version())
    except Error as error:
        return _down(" ".join(str(error).split()))
    finally:
        connection.close()
    return ok(f"{connection.display_name} {version}")


def migrations() -> Verdict:
    """Are the tables those that the code expects?"""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return _down(" ".join(str(error).split()))
    if not missing:
        return ok(f"all {len(executor.loader.graph.nodes)} applied")
    command = "docker compose run --rm migrate" if in_container() else ".venv/bin/python manage.py migrate"
    names = ", ".join(str(migration) for migration, _ in missing[:3])
    return failed(
        f"{len(missing)} not applied",
        f"Run: {command}",
        cause=f"The database is older than the code: {names}{', …' if len(missing) > 3 else ''}.",
    )


def lost_payments() -> Verdict:
    """Are the orders here whose payments Stripe has told us of?"""
    lost = StripeEvent.objects.lost_payments()
    if not (count := lost.count()):
        return ok("every payment has its order")
    newest = lost.latest("received_at")
    return warning(
        f"{count} {'payment' if count == 1 else 'payments'} of orders that this database does not have",
        "Restore a newer backup: the payments are applied when their orders are there. Or refund them in Stripe's "
        f"dashboard. The newest is {newest.stripe_payment_intent_id or newest.stripe_id}; the admin lists them as "
        "events that are parked and paid.",
        cause="Was an older backup restored? The buyers have paid, and nothing is delivered.",
    )


def _is_pooled(cursor: Any) -> bool:
    """Return whether something stands between us and Postgres: then it, not the server's process, has answered."""
    cursor.execute("SELECT pg_backend_pid()")
    [[pid]] = cursor.fetchall()
    return bool(pid != cursor.connection.info.backend_pid)


def _outside_the_pool() -> BaseDatabaseWrapper:
    """A connection of the doctor's own: the pool would try for its whole time limit, and then not say why."""
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
            f"Stop the stack, and put back a copy of {file}, or move it away (with its -wal and -shm files) to begin "
        )
        return failed("The database can't be used", f"{remedy}with an empty one.", cause=f"{cause} ({message})")
    return failed(
        "The database can't be used",
        f"Start it ({start_again('db')}) and check DATABASE_URL in .env. It says why in: {log_of('db')}."
        if in_container()
        else "Start the database server, or check DATABASE_URL in .env (empty: an SQLite file is used).",
        cause=f"{cause} ({message})" if cause else message,
    )
