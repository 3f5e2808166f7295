"""Errors at start-up."""


class StartError(Exception):
    """Raised when the stack can't start; the message is one sentence with the cause and the remedy."""
