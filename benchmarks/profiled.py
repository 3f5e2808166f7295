"""Profiles the app in this process: `python -m benchmarks.profiled webhook|checkout COUNT BATCH` prints JSON.

One call after the other, through the WSGI application that ships; benchmarks.profile prepares the database.
"""

import cProfile
import io
import json
import pstats
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import payloads
from benchmarks.checkout import PATH

WARM_UP = 100
# Where a file's time belongs, by a part of its path; the first that fits.
ROOMS = {
    "/app/": "our own code",
    "/gunicorn/": "gunicorn",
    "/ninja/": "django-ninja, pydantic",
    "pydantic": "django-ninja, pydantic",
    "/stripe/": "stripe-python",
    "urllib/parse": "stripe-python",
    "psycopg": "psycopg's pool",
    "/json/": "reading and writing JSON",
    "/django/": "Django",
    "corsheaders": "Django",
    "whitenoise": "Django",
    "asgiref": "Django",
    "/csp/": "Django",
}
# Functions that wait for somebody else, whose own code a profiler of Python does not see.
WAITS = {"<method 'perform' of 'pycurl.Curl' objects>": "Stripe", "_execute": "Postgres"}


def main() -> None:
    """Measure and print."""
    kind, count, batch = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    from app.config.wsgi import application

    requests = iter(_webhooks(batch, count + WARM_UP) if kind == "webhook" else _checkouts(count + WARM_UP))
    for _ in range(WARM_UP):
        _call(application, next(requests))
    profiler = cProfile.Profile()
    profiler.enable()
    for environ in requests:
        _call(application, environ)
    profiler.disable()
    sys.stdout.write(json.dumps(_by_room(profiler, count)))


def _call(application: Callable[..., Any], environ: dict[str, Any]) -> None:
    told: list[str] = []
    answer = application(environ, lambda status, *_: told.append(status))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    if not told[0].startswith("200"):
        raise RuntimeError(f"{told[0]}: {body.decode()}")


def _environ(path: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost:8000", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http", **headers,
    }  # fmt: skip


def _webhooks(batch: str, count: int) -> Iterator[dict[str, Any]]:
    for body in (payloads.event_body(batch, number) for number in range(count)):
        yield _environ("/stripe-webhook/", body, HTTP_STRIPE_SIGNATURE=payloads.signature(body))


def _checkouts(count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        yield _environ(PATH)


def _by_room(profiler: cProfile.Profile, count: int) -> dict[str, float]:
    """Milliseconds of each call by room; what is built in counts for its caller."""
    spent: Counter[str] = Counter()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    for (file, _, name), (_, _, own, _, callers) in stats.items():
        if name in WAITS:
            spent[f"waiting for {WAITS[name]}"] += own
        elif file == "~":
            for (caller, _, _), (_, _, own_there, _) in callers.items():
                spent[_room(caller)] += own_there
        else:
            spent[_room(file)] += own
    return {room: seconds * 1000 / count for room, seconds in spent.items()}


def _room(file: str) -> str:
    return next((room for part, room in ROOMS.items() if part in file), "the rest of Python")


if __name__ == "__main__":
    main()
