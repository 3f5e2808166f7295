"""API keys: any test key is accepted, everything else is refused like at Stripe ("Authentication")."""

from __future__ import annotations

import base64
import binascii
import re

from stripe_emulator.errors import unauthorized

_TEST_KEY = re.compile(r"(sk|rk)_test_\w+")

_NONE = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
    "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for "
    "details, or we can help at https://support.stripe.com/."
)

_PUBLISHABLE = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your "
    "API keys at https://dashboard.stripe.com/account/apikeys."
)


def check_key(header: str) -> str:
    """Return the test key in `header` (the Authorization header, or ""). Raises a 401 if there is none."""
    key = _key(header)
    if not key:
        raise unauthorized(_NONE)
    if key.startswith(("sk_live_", "rk_live_")):
        raise unauthorized(f"Invalid API Key provided: {_masked(key)} (the local emulator accepts test keys only)")
    if key.startswith(("pk_test_", "pk_live_")):
        raise unauthorized(_PUBLISHABLE, code="secret_key_required")
    if not _TEST_KEY.fullmatch(key):
        raise unauthorized(f"Invalid API Key provided: {_masked(key)}")
    return key


def _key(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    """Return enough of a key to recognize it, but too little to use it."""
    if len(key) < 16:
        return "*" * len(key)
    return f"{key[:8]}{'*' * min(len(key) - 12, 20)}{key[-4:]}"
