"""The last rejected webhook, for the doctor and the console: otherwise a wrong secret shows only in the log.

It is stored in a file, because other processes read it.
"""

import json
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

FILE = "webhook_refused.json"
INTERVAL = 1.0  # seconds between writes, however many invalid webhooks arrive
_noted_at = float("-inf")


@dataclass(frozen=True)
class Refusal:
    """A rejected webhook; `at` is in seconds since the epoch."""

    at: float
    code: str
    detail: str

    @property
    def is_about_time(self) -> bool:
        """Return whether only the timestamp was wrong, not the secret (app.payments.stripe.signature)."""
        return "clock" in self.detail


def note(code: str, detail: str) -> None:
    """Record that a webhook was rejected just now."""
    global _noted_at
    if time.monotonic() - _noted_at < INTERVAL:
        return
    _noted_at = time.monotonic()
    draft = _path().with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_text(json.dumps({"at": time.time(), "code": code, "detail": detail}))
        draft.replace(_path())
    except OSError as error:
        logger.warning("Writing %s failed: %s", _path(), error)


def last() -> Refusal | None:
    """Return the last refusal, or None."""
    with suppress(OSError, ValueError, TypeError):
        return Refusal(**json.loads(_path().read_text()))
    return None


def _path() -> Path:
    return Path(settings.DATA_DIR) / FILE
