"""Mask secrets in everything that is printed, shown or logged, even if an error message repeats them."""

import io
import os
import re
import sys
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

PREFIXES = ("whsec", "sk_test", "sk_live", "rk_test", "rk_live")
SECRETS = re.compile(rf"\b({'|'.join(PREFIXES)})_[A-Za-z0-9_]+")
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
    try:
        secrets = _secrets()
    except ImproperlyConfigured:  # the settings are invalid
        secrets = _longest_first(_in_environment())
    for secret in secrets:
        text = text.replace(secret, "***")
    # Most lines have none, and Python finds a word faster than a pattern.
    return SECRETS.sub(r"\1_***", text) if any(prefix in text for prefix in PREFIXES) else text


@cache  # every log line needs them
def _secrets() -> tuple[str, ...]:
    """Return all secrets of the environment and of the settings, which can be in files."""
    return _longest_first(
        _in_environment()
        | {
            settings.SECRET_KEY,
            settings.NGROK_AUTHTOKEN,
            settings.EMAIL_HOST_PASSWORD or "",  # None without one in EMAIL_URL
            settings.DATABASES["default"].get("PASSWORD") or "",
            urlsplit(settings.CACHE_URL).password or "",
            *settings.ORDER_WEBHOOK_SECRETS,
        }
    )


def _in_environment() -> set[str]:
    return {os.environ.get(name, "").strip() for name in ENVIRONMENT}


def _longest_first(secrets: set[str]) -> tuple[str, ...]:
    return tuple(sorted((each for each in secrets if len(each) >= MIN_LENGTH), key=len, reverse=True))


@receiver(setting_changed)
def _forget(**_: Any) -> None:
    """Read the settings again (Django: "setting_changed")."""
    _secrets.cache_clear()


def replace_unencodable() -> None:
    """Print a question mark for characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
