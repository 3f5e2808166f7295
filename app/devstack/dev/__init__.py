"""`./scripts/dev`: the whole stack in one terminal, without Docker."""
