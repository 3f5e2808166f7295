"""Mask secrets in everything that is printed, shown or logged, even if an error message repeats them."""

import io
import os
import re
import sys
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SECRETS = re.compile(r"\b(whsec|(?:sk|rk)_(?:test|live))_[A-Za-z0-9_]+")
MIN_LENGTH = 6  # masking shorter values would hide ordinary words
ENVIRONMENT = (
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "NGROK_AUTHTOKEN",
    "SECRET_KEY",
    "DATABASE_URL",
    "EMAIL_URL",
    "CACHE_URL",
    "ORDER_WEBHOOK_SECRET",
)


def mask(text: str) -> str:
    """Return the text with the settings' secrets masked, and whatever looks like a key cut to its prefix."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        if len(secret) >= MIN_LENGTH:
            text = text.replace(secret, "***")
    return SECRETS.sub(r"\1_***", text)


def _secrets() -> set[str]:
    found = {os.environ.get(name, "").strip() for name in ENVIRONMENT}
    with suppress(ImproperlyConfigured):  # the settings may be invalid
        # Those that were in files.
        found |= {
            settings.SECRET_KEY,
            settings.NGROK_AUTHTOKEN,
            settings.EMAIL_HOST_PASSWORD or "",  # None without one in EMAIL_URL
            settings.DATABASES["default"].get("PASSWORD") or "",
            urlsplit(settings.CACHE_URL).password or "",
            *settings.ORDER_WEBHOOK_SECRETS,
        }
    return found


def replace_unencodable() -> None:
    """Print a question mark for characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
