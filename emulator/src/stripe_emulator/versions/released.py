"""The versions that Stripe has released, oldest first."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from stripe_emulator.errors import invalid_request, not_supported

#: All versions of the official package (`tests/support/api_versions.py`).
VERSIONS: tuple[str, ...] = tuple(json.loads(files(__package__).joinpath("released.json").read_bytes()))
NEWEST = VERSIONS[-1]
#: Objects are not rendered in an older shape than this.
OLDEST_RENDERED = "2022-11-15"

_PLACES = {version: place for place, version in enumerate(VERSIONS)}
_SHAPE = re.compile(r"20\d\d-\d\d-\d\d\.[a-z]+")


def checked(version: str, param: str | None = None) -> str:
    """Return `version`. Raises `StripeError` for one that Stripe never released, and for previews."""
    if version in _PLACES:
        return version
    message = f"Invalid Stripe API version: {version[:40]}"
    if version.endswith(".preview") or ";" in version:
        raise not_supported(f"preview versions: {version[:80]}", param=param)
    if _SHAPE.fullmatch(version) and version > NEWEST:
        message += f". The local Stripe emulator knows the versions up to {NEWEST}."
    raise invalid_request(message, param=param)


def before(version: str, other: str) -> bool:
    """Return whether `version` is older than `other`."""
    return _PLACES[version] < _PLACES[other]


def notice(version: str) -> dict[str, str]:
    """Return the header that says when objects are shown in a newer shape than that of `version`."""
    return {"Stripe-Emulator-Rendered-As": OLDEST_RENDERED} if before(version, OLDEST_RENDERED) else {}
