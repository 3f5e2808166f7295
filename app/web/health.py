"""`/healthz`: the process answers. `/readyz`: a payment would work."""

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from app.web.gate import Distance, distance
from app.web.outages import forget_dead_connections

_migrated = False


def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database, its migrations and all that the apps need are there; 503 names what is missing, to this
    PC and its network alone."""
    missing = [name for name, check in _probes.items() if not check()]
    details = {"missing": missing} if distance(request.META) < Distance.UNKNOWN else {}
    return JsonResponse({"status": "not ready" if missing else "ready"} | details, status=503 if missing else 200)


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


Probe = Callable[[], bool]
_probes: dict[str, Probe] = {"database": _database, "migrations": _migrations}


def register(name: str, probe: Probe) -> None:
    """Have `/readyz` ask `probe` too, and name it `name` when it answers False. Apps call this when they are ready."""
    _probes[name] = probe
