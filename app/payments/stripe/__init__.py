"""Everything specific to Stripe: its API, its signatures, its events."""
