"""One Stripe account in test mode: its state, its clock, its events, and what runs on a schedule."""
