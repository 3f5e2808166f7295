"""A stateful local Stripe: Checkout Sessions for one-time payments, signed webhooks, a hosted page.

Start it with `python -m stripe_emulator`, or inside a test with `create_app(Config(...))`.
"""

from stripe_emulator.app import create_app
from stripe_emulator.config import Config

__all__ = ["Config", "create_app"]
