"""Why the stack does not start."""


class StartError(Exception):
    """The stack can't start; the message is one sentence that names the cause and the remedy."""
