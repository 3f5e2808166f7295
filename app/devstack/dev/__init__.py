"""`./scripts/dev`: the whole system in one terminal, without Docker."""
