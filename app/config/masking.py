"""No secret in what is printed, shown or logged, whatever an error message repeats."""

import io
import os
import re
import sys
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SECRETS = re.compile(r"\b(whsec|(?:sk|rk)_(?:test|live))_[A-Za-z0-9_]+")
SHORTEST = 6  # shorter values would blank out words
ENVIRONMENT = (
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "NGROK_AUTHTOKEN",
    "SECRET_KEY",
    "DATABASE_URL",
    "EMAIL_URL",
)


def mask(text: str) -> str:
    """Return the text with every secret of the settings blanked out, and all that looks like a key or a signing secret
    cut to its prefix."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "***")
    return SECRETS.sub(r"\1_***", text)


def _secrets() -> set[str]:
    found = {os.environ.get(name, "").strip() for name in ENVIRONMENT}
    with suppress(ImproperlyConfigured):  # the settings may be what is wrong
        found |= {settings.SECRET_KEY, settings.DATABASES["default"].get("PASSWORD") or ""}
    return found


def replace_what_can_not_be_shown() -> None:
    """Print a question mark for what the terminal's encoding lacks (LC_ALL=…ISO-8859-1), instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
