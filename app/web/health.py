"""`/healthz`: the process answers. `/readyz`: a payment would work."""

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from app.payments.stripe.secrets import webhook_secrets
from app.web.outages import forget_dead_connections

_migrated = False


def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database, its migrations and a webhook secret are there; 503 names those that are missing."""
    missing = [name for name, check in CHECKS.items() if not check()]
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return JsonResponse(body, status=503 if missing else 200)


def _database() -> bool:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        forget_dead_connections()  # or, after a restart of Postgres, each call would find one more of them
        return False
    return True


def _migrations() -> bool:
    # Migrations are never undone under a running process, so "all there" is remembered.
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False
    return _migrated


def _webhook_secret() -> bool:
    return bool(webhook_secrets())


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "webhook_secret": _webhook_secret,
}
