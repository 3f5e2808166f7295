"""The whole system in one terminal, without Docker: what `./scripts/dev` runs."""
