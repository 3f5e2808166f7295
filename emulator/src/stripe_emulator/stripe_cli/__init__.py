"""The server side of the official Stripe CLI: sessions, and a websocket with events and request logs.

The protocol is not documented; this follows the behavior of the CLI (1.42 to 1.52) and its source
(github.com/stripe/stripe-cli, `pkg/stripeauth`, `pkg/websocket`, `pkg/proxy`, `pkg/logtailing`).
"""

from stripe_emulator.stripe_cli.hub import StripeCli

__all__ = ["StripeCli"]
