"""A stateful local Stripe: Checkout Sessions for one-time payments, signed webhooks, a hosted page.

Start it with `python -m stripe_emulator`. In tests, use the `stripe_emulator` fixture, `RunningEmulator`, or
`create_app(Config(...))`, an ASGI application.
"""

from stripe_emulator.app import create_app
from stripe_emulator.config import Config
from stripe_emulator.running import RunningEmulator

__all__ = ["Config", "RunningEmulator", "create_app"]
