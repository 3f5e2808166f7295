"""What the public URL leads to, checked in the background and rarely: a free tunnel has few requests."""

import fcntl
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError

from app.devstack.doctor.checks import tunnel
from app.devstack.doctor.finding import Status
from app.web.public_url import public_url

# Seconds until the next check, by the result of the last one.
CHECK_AGAIN = {Status.OK: 600, Status.WARNING: 600, Status.FAILED: 30}


class Seen(NamedTuple):
    """The result of one check. `at` is in seconds since the epoch."""

    url: str = ""
    status: str = Status.FAILED
    words: str = ""
    at: float = 0.0


def last() -> Seen:
    """Return the last result, of whichever server process; an empty one if there is none."""
    try:
        return Seen(**json.loads(_path().read_text()))
    except (OSError, ValueError, TypeError):
        return Seen()


def forget() -> None:
    """Forget the last result, so that the next check is due."""
    _path().unlink(missing_ok=True)


def check_if_due() -> None:
    """Check the public URL if there is a new one, or if the last check was long ago; one process at a time."""
    url = public_url()
    if not url or not _is_due(url):
        return
    with _path().with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if _is_due(url):
            with suppress(DatabaseError):  # nothing can prove which installation this is
                draft = _path().with_suffix(".new")
                draft.write_text(json.dumps(_check(url)._asdict()))
                draft.replace(_path())


def _check(url: str) -> Seen:
    verdict = tunnel.outside()
    words = url.partition("://")[2]
    if verdict.status is Status.OK:
        verdict = tunnel.interstitial()
    if verdict.status is not Status.OK:
        words = verdict.summary.replace(url, words)
    return Seen(url, verdict.status, words, time.time())


def _is_due(url: str) -> bool:
    seen = last()
    return seen.url != url or time.time() - seen.at > CHECK_AGAIN[Status(seen.status)]


def _path() -> Path:
    return Path(settings.DATA_DIR) / "public_url.json"
