"""Profile the CPU time of one webhook and one checkout with cProfile, one after the other, in one thread.

A profiler exaggerates the cost of Python calls; the shares show where to look, not the speed. As a command, it
profiles the app in its own process: `python -m benchmarks.profile KIND COUNT BATCH` prints JSON.
"""

import cProfile
import importlib
import io
import json
import os
import pstats
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import contenders, payloads
from benchmarks.checkout import PATH
from benchmarks.contenders import Ours
from benchmarks.databases import orders
from benchmarks.rounds import Result, Table, alternate, say
from benchmarks.servers import upstream
from benchmarks.webhooks import KINDS
from tests.support.postgres import Postgres

CHECKOUT = "checkout"
WARM_UP = 100
# The owner of a file's time, by a part of its path; the first match counts.
OWNERS = {
    "/app/": "our own code",
    "/ninja/": "django-ninja, pydantic",
    "pydantic": "django-ninja, pydantic",
    "/stripe/": "stripe-python",
    "urllib3": "HTTP client",
    "http/client": "HTTP client",
    "psycopg": "psycopg",
    "/json/": "JSON",
    "/django/db/": "Django's ORM",
    "/django/": "Django",
    "/logging/": "logging",
    "corsheaders": "other middleware",
    "whitenoise": "other middleware",
    "/csp/": "other middleware",
}


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    count, rounds = (200, 1) if quick else (1000, 3)
    tables = {
        kind: Table(f"CPU time of one {kind if kind == CHECKOUT else f'webhook: {KINDS[kind].title}'}")
        for kind in ("payment", "dispute", CHECKOUT)
    }
    with upstream(folder, delay=0) as url:
        ours = contenders.ours()
        ours.env |= {"STRIPE_EMULATOR_URL": url, "APPLICATION": ours.arguments[-1]}
        ours.prepare(postgres, folder)

        def one(kind: str, number: int) -> None:
            spent = _measure(ours, kind, count, batch=f"{kind}-{number}")
            whole = sum(spent.values())
            for owner, milliseconds in sorted(spent.items(), key=lambda item: -item[1]):
                tables[kind].add(owner, number, ms=milliseconds, percent=100 * milliseconds / whole)
            say(f"{kind}: {whole:.2f} ms")

        alternate(rounds, list(tables), one)
    return Result("profile", list(tables.values()))


def _measure(ours: Ours, kind: str, count: int, batch: str) -> dict[str, float]:
    if kind != CHECKOUT:
        ours.seed(batch, count + WARM_UP, state=KINDS[kind].state)
    printed = ours.run("-m", "benchmarks.profile", kind, str(count), batch)
    spent: dict[str, float] = json.loads(printed.splitlines()[-1])
    return spent


def main(kind: str, count: int, batch: str, application: str) -> None:
    """Profile and print JSON."""
    call = importlib.import_module(application.partition(":")[0]).application
    requests = _checkouts() if kind == CHECKOUT else _webhooks(kind, orders(batch, count + WARM_UP))
    for _ in range(WARM_UP):
        _call(call, next(requests))
    # CPU time only; waiting for the database or Stripe costs none.
    profiler = cProfile.Profile(time.process_time)
    for _ in range(count):
        environ = next(requests)
        profiler.enable()
        _call(call, environ)
        profiler.disable()
    sys.stdout.write(json.dumps(_by_owner(profiler, count)) + "\n")


def _call(application: Callable[..., Any], environ: Mapping[str, Any]) -> None:
    statuses: list[str] = []
    answer = application(environ, lambda status, *_: statuses.append(status))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    if not statuses[0].startswith("200"):
        raise RuntimeError(f"{statuses[0]}: {body.decode()}")


def _environ(path: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        **named, "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": headers.get("Content-Type", ""),
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
    }  # fmt: skip


def _webhooks(kind: str, about: list[uuid.UUID]) -> Iterator[dict[str, Any]]:
    for body in (payloads.event_body(kind, order) for order in about):
        yield _environ("/stripe-webhook/", payloads.webhook_headers(body), body)


def _checkouts() -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        yield _environ(PATH, payloads.checkout_headers(number))
        number += 1


def _by_owner(profiler: cProfile.Profile, count: int) -> dict[str, float]:
    """Return milliseconds per call by owner; built-in functions count for their caller."""
    spent: Counter[str] = Counter()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file == "~":
            for (caller, _, _), (_, _, own_there, _) in callers.items():
                spent[_owner(caller)] += own_there
        else:
            spent[_owner(file)] += own
    return {owner: seconds * 1000 / count for owner, seconds in spent.items()}


def _owner(file: str) -> str:
    return next((owner for part, owner in OWNERS.items() if part in file), "the rest of Python")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], os.environ["APPLICATION"])
