"""Webhook signatures ("Verify webhook signatures manually")."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable


def sign(payload: bytes, secrets: Iterable[str], timestamp: int | None = None) -> str:
    """Return the `Stripe-Signature` header for exactly these bytes, with one `v1` for each secret.

    `timestamp` is real time, not the emulator's: receivers compare it with their own clock.
    """
    at = int(time.time()) if timestamp is None else timestamp
    signed = b"%d." % at + payload
    marks = [f"v1={hmac.new(secret.encode(), signed, 'sha256').hexdigest()}" for secret in secrets]
    return ",".join([f"t={at}", *marks])
