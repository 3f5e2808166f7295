"""Health checks: `/healthz` for liveness, `/readyz` for readiness (a payment would work)."""

import logging
import mmap
import time
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.http import HttpRequest, JsonResponse

from app.config.database import check_writable, missing_migrations
from app.web.gate import Distance, distance
from app.web.installation import answer_to
from app.web.outages import forget_dead_connections

logger = logging.getLogger(__name__)

CHECK_WRITES_EVERY = 10.0  # seconds; load balancers probe more often

_migrated = False
_written_at = float("-inf")
_draining = mmap.mmap(-1, 1)  # one byte, shared with the processes that are forked later


def healthz(request: HttpRequest) -> JsonResponse:
    """Respond 200 while the process is alive; with `?challenge=`, also prove which installation this is.

    A page on another origin may find out that there is a response, but not read it: a frontend that is not listed can
    then tell its developer so, instead of "no response".
    """
    answer = answer_to(request.GET.get("challenge", ""))
    body = {"status": "ok"} | ({"answer": answer} if answer else {})
    return JsonResponse(body, headers={"Cross-Origin-Resource-Policy": "cross-origin"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Respond 200 when the database, its migrations and the apps' probes are ready, else 503.

    The response says what is missing, but only to this PC and its network.
    """
    missing = ["stopping"] if _draining[0] else _missing()
    details = {"missing": missing} if distance(request.META) < Distance.UNKNOWN else {}
    return JsonResponse({"status": "not ready" if missing else "ready"} | details, status=503 if missing else 200)


def _missing() -> list[str]:
    """Return the names of the probes that fail. While the database is down, wait for its timeout only once."""
    if not _database():
        return ["database", *(name for name, check in _probes.items() if name not in _IN_DATABASE and not check())]
    return [name for name, check in _probes.items() if not check()]


def drain() -> None:
    """Report 503 on `/readyz` from now on, in all processes, so that load balancers send nothing new."""
    _draining[0] = 1


def _database() -> bool:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        forget_dead_connections()  # after a restart of Postgres, each call would otherwise find only one of them
        return False
    return True


def _is_writable() -> bool:
    """Return whether the database can be written: a full disk, or a replica, only answers queries."""
    global _written_at
    if time.monotonic() - _written_at < CHECK_WRITES_EVERY:
        return True
    try:
        check_writable(connections[DEFAULT_DB_ALIAS])
    except DatabaseError as error:
        logger.warning("The database can't be written: %s", str(error).partition("\n")[0])
        return False
    _written_at = time.monotonic()
    return True


def is_migrated() -> bool:
    """Return whether the database has all tables of this version."""
    # Migrations are never reversed under a running process, so success is cached.
    global _migrated
    try:
        _migrated = _migrated or not missing_migrations()
    except DatabaseError:
        return False
    return _migrated


Probe = Callable[[], bool]
_probes: dict[str, Probe] = {"database_writes": _is_writable, "migrations": is_migrated}
_IN_DATABASE = frozenset(_probes)


def register(name: str, probe: Probe) -> None:
    """Register a probe: `/readyz` reports `name` as missing while `probe` returns False. Call it in AppConfig.ready."""
    _probes[name] = probe
