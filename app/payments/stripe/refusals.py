"""The last webhook that was refused, for the doctor and the console: a wrong secret is otherwise only in the log.

It is a file, because whoever wants to know is another process.
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
INTERVAL = 1.0  # seconds; strangers can send what they like, but not make us write more often
_noted_at = float("-inf")


@dataclass(frozen=True)
class Refusal:
    """A webhook that was not believed; `at` is in seconds since the epoch."""

    at: float
    code: str
    detail: str

    @property
    def is_about_time(self) -> bool:
        """Whether the secret was right and only the timestamp was not (app.payments.stripe.signature)."""
        return "clock" in self.detail


def note(code: str, detail: str) -> None:
    """Keep that a webhook was refused just now."""
    global _noted_at
    if time.monotonic() - _noted_at < INTERVAL:
        return
    _noted_at = time.monotonic()
    draft = _path().with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_text(json.dumps({"at": time.time(), "code": code, "detail": detail}))
        draft.replace(_path())
    except OSError as error:
        logger.warning("%s can't be written: %s", _path(), error)


def last() -> Refusal | None:
    """The last refusal, if there ever was one."""
    with suppress(OSError, ValueError, TypeError):
        return Refusal(**json.loads(_path().read_text()))
    return None


def _path() -> Path:
    return Path(settings.DATA_DIR) / FILE
