"""The state: objects, deliveries and idempotency keys in one SQLite file."""
