"""The headers of every response."""
