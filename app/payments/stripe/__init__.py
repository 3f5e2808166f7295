"""Everything that knows Stripe: its API, its signatures, its events."""
