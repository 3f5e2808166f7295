"""The valid webhook signing secrets: from the settings, and from a file.

The container of `stripe listen`, or scripts/dev, writes the file. It is reread whenever it changes, so a new secret
works without a restart. The previous secret stays valid for a grace period, because events signed with it may still
arrive (Stripe: "Roll endpoint signing secrets"). A second file stores the former secrets, so the grace period is the
same in every process and survives a restart.
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

from app.config.env import signing_secret_error

logger = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None


def former_secrets_file(path: Path) -> Path:
    """Return the file that stores the former secrets of the file at `path`."""
    return path.with_name(f"{path.name}.former")


@dataclass
class SecretFile:
    """A file of secrets, separated by commas or lines, that remembers its recent secrets."""

    path: Path
    grace: float  # seconds
    error: str = ""  # what is wrong with the file's text; if set, the file counts as empty
    _stamp: Stamp = None
    _current: tuple[str, ...] = ()
    _former: dict[str, float] = field(default_factory=dict)  # until when each is valid, in seconds since the epoch
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def secrets(self) -> tuple[str, ...]:
        """Return the file's secrets, then those that it held less than `grace` seconds ago."""
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
            with _open_locked(former_secrets_file(self.path)) as memory:
                last, former = _remembered(memory.read())
                self._retire({*self._current} | last, former, fresh)
                memory.seek(0)
                memory.truncate()
                json.dump({"current": fresh, "former": self._former}, memory)
        except OSError:  # a read-only folder: this process remembers for itself
            self._retire({*self._current}, {}, fresh)
        self._current, self._stamp = fresh, stamp

    def _read(self) -> tuple[str, ...]:
        self.error = ""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ()  # missing or unreadable: the previous secrets stay valid for the grace period
        found = tuple(text.replace(",", " ").split())
        wrong = [each for each in found if signing_secret_error(each)]
        if wrong:
            self.error = signing_secret_error(text.strip() if len(wrong) < len(found) else wrong[0])
            logger.warning("%s %s.", self.path, self.error)
            return ()
        return found

    def _retire(self, last: set[str], former: dict[str, float], fresh: tuple[str, ...]) -> None:
        """Start the grace period of removed secrets; it continues for those in `former`."""
        now = time.time()
        former = dict.fromkeys(last, now + self.grace) | self._former | former
        self._former = {secret: until for secret, until in former.items() if until > now and secret not in fresh}


@contextmanager
def _open_locked(path: Path) -> Iterator[IO[str]]:
    """Open the file, creating it if missing, readable only by its owner and locked for one process."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _remembered(text: str) -> tuple[set[str], dict[str, float]]:
    """Return the file's last secrets, and until when the earlier ones are valid."""
    try:
        kept = json.loads(text)
        return {str(secret) for secret in kept["current"]}, {str(k): float(v) for k, v in kept["former"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):  # new, or cut short by a crash
        return set(), {}


_file: SecretFile | None = None


def webhook_secrets() -> tuple[str, ...]:
    """Return every valid signing secret (`whsec_…`); empty if none is known yet."""
    return (*settings.STRIPE_WEBHOOK_SECRETS, *_watched_file().secrets())


def secret_file_error() -> str:
    """Return what is wrong with the secret file's text, and what to use; empty if it is fine."""
    file = _watched_file()
    file.secrets()
    return file.error


def _watched_file() -> SecretFile:
    global _file
    path, grace = settings.STRIPE_WEBHOOK_SECRET_FILE, settings.STRIPE_WEBHOOK_SECRET_GRACE
    if _file is None or _file.path != path:
        _file = SecretFile(path, grace)
    return _file
