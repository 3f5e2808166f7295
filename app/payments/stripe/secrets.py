"""The webhook signing secrets that are valid now: from the settings, and from a file that others write.

The file is written by `stripe listen`'s container or by scripts/dev. It is read again whenever it changes, so a
new secret works without a restart; the one before it stays valid for a grace period, because events signed with
it are still on their way (Stripe: "Roll endpoint signing secrets"). A file beside it remembers the former secrets, so
the grace period is the same in every process and survives a restart.
"""

import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings

from app.config.env import what_is_wrong_with_secret

logger = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None


def memory_beside(path: Path) -> Path:
    """Return where the secrets that the file at `path` held are remembered."""
    return path.with_name(f"{path.name}.former")


@dataclass
class SecretFile:
    """A file of secrets, comma- or line-separated, with a memory of those that it held lately."""

    path: Path
    grace: float  # seconds
    complaint: str = ""  # what is wrong with the file's text; then it counts as empty
    _stamp: Stamp = None
    _current: tuple[str, ...] = ()
    _former: dict[str, float] = field(default_factory=dict)  # until when each is valid, in seconds since the epoch
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def secrets(self) -> tuple[str, ...]:
        """The secrets that the file holds, then those that it held less than `grace` seconds ago."""
        stamp = self._read_stamp()
        with self._lock:
            if stamp != self._stamp:
                self._reload(stamp)
            now = time.time()
            former = [secret for secret, until in self._former.items() if until > now]
            return (*self._current, *former)

    def _read_stamp(self) -> Stamp:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def _reload(self, stamp: Stamp) -> None:
        fresh = self._read()
        try:
            with _open_locked(memory_beside(self.path)) as memory:
                last, former = _remembered(memory.read())
                self._retire({*self._current} | last, former, fresh)
                memory.seek(0)
                memory.truncate()
                json.dump({"current": fresh, "former": self._former}, memory)
        except OSError:  # a folder that others own: this process remembers on its own
            self._retire({*self._current}, {}, fresh)
        self._current, self._stamp = fresh, stamp

    def _read(self) -> tuple[str, ...]:
        self.complaint = ""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ()  # gone or unreadable: what it held stays valid for the grace period
        found = tuple(text.replace(",", " ").split())
        wrong = [each for each in found if what_is_wrong_with_secret(each)]
        if wrong:
            self.complaint = what_is_wrong_with_secret(text.strip() if len(wrong) < len(found) else wrong[0])
            logger.warning("%s %s.", self.path, self.complaint)
            return ()
        return found

    def _retire(self, last: set[str], former: dict[str, float], fresh: tuple[str, ...]) -> None:
        """Start the grace period of those that are gone; it goes on for those in `former`."""
        now = time.time()
        former = dict.fromkeys(last, now + self.grace) | self._former | former
        self._former = {secret: until for secret, until in former.items() if until > now and secret not in fresh}


@contextmanager
def _open_locked(path: Path) -> Iterator[IO[str]]:
    """The file, made if it is missing, for its owner alone and for one process at a time."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _remembered(text: str) -> tuple[set[str], dict[str, float]]:
    """The secrets that the file held last, and until when those before it are valid."""
    try:
        kept = json.loads(text)
        return {str(secret) for secret in kept["current"]}, {str(k): float(v) for k, v in kept["former"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):  # new, or cut short by a crash
        return set(), {}


_file: SecretFile | None = None


def webhook_secrets() -> tuple[str, ...]:
    """Every signing secret (`whsec_…`) that is valid now; empty when none is known yet."""
    return (*settings.STRIPE_WEBHOOK_SECRETS, *_watched_file().secrets())


def complaint_about_file() -> str:
    """Return what is wrong with the text of the secret file, and what to use; empty when nothing is."""
    file = _watched_file()
    file.secrets()
    return file.complaint


def _watched_file() -> SecretFile:
    global _file
    path, grace = settings.STRIPE_WEBHOOK_SECRET_FILE, settings.STRIPE_WEBHOOK_SECRET_GRACE
    if _file is None or _file.path != path:
        _file = SecretFile(path, grace)
    return _file
