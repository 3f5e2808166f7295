"""Ids in Stripe's format: a prefix for the kind of object, then base 62."""

from __future__ import annotations

import os
import random
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
# One character per random byte: slightly uneven, which does not matter for ids, and faster than choosing characters.
_CHARACTERS = bytes((_ALPHABET * 5)[:256], "ascii")


def new_id(prefix: str, length: int = 24) -> str:
    """Return a unique id: `pi` → `pi_3Nw…`."""
    return f"{prefix}_{os.urandom(length).translate(_CHARACTERS).decode()}"


def session_id() -> str:
    """Return a Checkout Session id, which is longer than others and contains the mode."""
    return f"cs_test_{os.urandom(58).translate(_CHARACTERS).decode()}"


def new_secret(prefix: str, length: int = 32) -> str:
    """Return a signing secret or client secret, from the system's generator."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"


def fingerprint(text: str) -> str:
    """Return the same 16 characters for the same card or account number, as Stripe's `fingerprint`."""
    return "".join(random.Random(text).choices(_ALPHABET, k=16))  # noqa: S311
