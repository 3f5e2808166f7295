"""Emails without a mail server: printed, and kept in DATA_DIR for the console."""

import email
import logging
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

logger = logging.getLogger(__name__)

KEPT = 100  # emails
SUFFIX = ".eml"
RULE = "-" * 79


@dataclass(frozen=True)
class Email:
    """An email as its recipient would see it."""

    name: str  # of its file
    at: datetime
    to: str
    subject: str
    text: str
    html: str


class EmailBackend(BaseEmailBackend):
    """Django's mail backend while EMAIL_URL is empty."""

    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        """Print and keep the emails; return how many. One that can't be kept is only printed."""
        for message in email_messages:
            # As Django's console backend does, but without the HTML part.
            names = {"To": ", ".join(message.to), "Subject": message.subject, **message.extra_headers}
            lines = [*(f"{name}: {value}" for name, value in names.items()), "", str(message.body), RULE, ""]
            sys.stdout.write("\n".join(lines))
            sys.stdout.flush()
            try:
                _keep(message.message().as_bytes())
            except OSError as error:
                logger.warning("The email could not be kept in %s: %s", _folder(), error.strerror)
        return len(email_messages)


def is_used() -> bool:
    """Return whether emails are kept, not sent."""
    return f"{__name__}.EmailBackend" == settings.EMAIL_BACKEND


def newest(limit: int) -> list[Email]:
    """Return the newest emails, newest first."""
    return [_read(path) for path in _files()[:limit]]


def find(name: str) -> Email | None:
    """Return one email by the name of its file."""
    return next((_read(path) for path in _files() if path.name == name), None)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "emails"


def _files() -> list[Path]:
    return sorted(_folder().glob(f"*{SUFFIX}"), reverse=True)


def _keep(content: bytes) -> None:
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{timezone.now().timestamp():017.6f}-{uuid.uuid4().hex}{SUFFIX}"
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.rename(path)  # readers never see half of it
    for old in _files()[KEPT:]:
        old.unlink(missing_ok=True)


@lru_cache(maxsize=KEPT)
def _read(path: Path) -> Email:
    """Return the email. Cached: a file never changes."""
    message = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    return Email(
        name=path.name,
        at=datetime.fromtimestamp(float(path.name.partition("-")[0]), timezone.get_default_timezone()),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
