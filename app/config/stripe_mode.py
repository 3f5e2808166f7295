"""Which Stripe the project talks to."""

from typing import Literal

from django.conf import settings

StripeMode = Literal["emulator", "test", "live"]


def stripe_mode() -> StripeMode:
    """`emulator` while no key is set, else `test` or `live` by the key's own prefix."""
    key: str = settings.STRIPE_SECRET_KEY
    if not key:
        return "emulator"
    return "live" if "_live_" in key else "test"
