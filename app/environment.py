"""Strict readers for the environment and `.env`: a bad value is refused with its variable's name and the remedy."""

import ipaddress
import os
import re
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def load(path: Path) -> None:
    """Read `path` (KEY=value lines) into the environment; what is set there already wins.

    Raises ImproperlyConfigured for a line that is not KEY=value, because a skipped line is a setting lost.
    """
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        bare = line.strip()
        if bare and not bare.startswith("#") and not re.match(r"(export )?[A-Za-z_][A-Za-z0-9_]*\s*=", bare):
            raise ImproperlyConfigured(f"{path.name} line {number} is not KEY=value. Mend or remove that line.")
    environ.Env.read_env(path, parse_comments=True, encoding="utf-8-sig")


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding white space and quotes; an empty one counts as not set."""
    return os.environ.get(name, "").strip().strip("\"'").strip() or default


def boolean(name: str, *, default: bool = False) -> bool:
    """1/true/yes/on or 0/false/no/off in any case; raises ImproperlyConfigured for anything else."""
    value = text(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}: use 1 or 0.")
    return value in TRUE


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number from `low` to `high`; raises ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    if not re.fullmatch(r"-?\d+", value) or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} is {value!r}: use a whole number from {low} to {high}.")
    return int(value)


def items(name: str) -> list[str]:
    """The variable's comma-separated values, without blanks."""
    return [item.strip() for item in text(name).split(",") if item.strip()]


def origins(name: str) -> list[str]:
    """Comma-separated origins (`https://shop.example`); raises ImproperlyConfigured for anything else."""
    found = [item.rstrip("/") for item in items(name)]
    for origin in found:
        if not re.fullmatch(r"https?://[^/\s?#]+", origin):
            raise ImproperlyConfigured(f"{name} holds {origin!r}: use https://name or http://name:port.")
    return found


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Comma-separated addresses or networks (`10.0.0.0/8`); raises ImproperlyConfigured for anything else."""
    try:
        return [ipaddress.ip_network(item, strict=False) for item in items(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Use 10.0.0.1 or 10.0.0.0/8.") from None


def stripe_key(name: str, *, allow_live: bool) -> str:
    """A Stripe secret or restricted key, or an empty string when none is set.

    Raises ImproperlyConfigured for a publishable key, anything else that is no key, and for a live key
    unless `allow_live`. The message never holds the key.
    """
    key = text(name)
    if not key:
        return ""
    if key.startswith("pk_"):
        raise ImproperlyConfigured(f"{name} is a publishable key (pk_…). Use the secret key (sk_test_…).")
    if not re.fullmatch(r"(sk|rk)_(test|live)_\w{4,}", key, flags=re.ASCII):
        raise ImproperlyConfigured(f"{name} does not look like a Stripe key. Use sk_test_… or rk_test_….")
    if "_live_" in key and not allow_live:
        raise ImproperlyConfigured(
            f"{name} is a live key: real money. Use a test key (sk_test_…), or set STRIPE_ALLOW_LIVE=1."
        )
    return key


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY: the variable, or one made once per installation and kept in `data_dir`."""
    if key := text("SECRET_KEY"):
        return key
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f".secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            # A hard link fails where the name exists: of two processes that start at once, one key wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
