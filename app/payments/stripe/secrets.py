"""The webhook signing secrets that are valid now: from the settings, and from a file that others write.

The file is written by `stripe listen`'s container or by scripts/dev. It is read again whenever it changes, so a
new secret works without a restart; the one before it stays valid for a grace period, because events signed with
it are still on their way (Stripe: "Roll endpoint signing secrets").
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

Stamp = tuple[int, int, int] | None


@dataclass
class SecretFile:
    """A file of secrets, comma- or line-separated, with a memory of those that it held lately."""

    path: Path
    grace: float  # seconds
    _stamp: Stamp = None
    _current: tuple[str, ...] = ()
    _retired: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def secrets(self) -> tuple[str, ...]:
        """The secrets that the file holds, then those that it held less than `grace` seconds ago."""
        stamp = self._read_stamp()
        with self._lock:
            if stamp != self._stamp:
                self._reload(stamp)
            now = time.monotonic()
            retired = [secret for secret, until in self._retired.items() if until > now]
            return (*self._current, *retired)

    def _read_stamp(self) -> Stamp:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def _reload(self, stamp: Stamp) -> None:
        try:
            fresh = tuple(self.path.read_text(encoding="utf-8").replace(",", " ").split())
        except (OSError, UnicodeDecodeError):
            fresh = ()  # gone or unreadable: what it held stays valid for the grace period
        until = time.monotonic() + self.grace
        self._retired.update({secret: until for secret in self._current if secret not in fresh})
        for secret in fresh:
            self._retired.pop(secret, None)
        self._current, self._stamp = fresh, stamp


_file: SecretFile | None = None


def webhook_secrets() -> tuple[str, ...]:
    """Every signing secret (`whsec_…`) that is valid now; empty when none is known yet."""
    global _file
    path, grace = settings.STRIPE_WEBHOOK_SECRET_FILE, settings.STRIPE_WEBHOOK_SECRET_GRACE
    if _file is None or _file.path != path:
        _file = SecretFile(path, grace)
    return (*settings.STRIPE_WEBHOOK_SECRETS, *_file.secrets())
