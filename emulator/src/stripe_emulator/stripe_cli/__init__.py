"""The side of Stripe that the official Stripe CLI talks to: sessions, a websocket, events and request logs over it.

The protocol is not documented; it was learned from running the CLI (1.42 to 1.52) and from its source
(github.com/stripe/stripe-cli, `pkg/stripeauth`, `pkg/websocket`, `pkg/proxy`, `pkg/logtailing`).
"""

from stripe_emulator.stripe_cli.hub import StripeCli

__all__ = ["StripeCli"]
