"""The types of Stripe's events that tell something about an order. In every mode these reach the app, and no others.

They stand in `event_types.txt`, for `scripts/stripe-listen` too, whose container has no Python.
"""

from pathlib import Path

EVENT_TYPES = tuple(Path(__file__).with_suffix(".txt").read_text(encoding="ascii").split())


def listen_command(forward_to: str, program: str = "stripe") -> list[str]:
    """Return the command that brings these events from Stripe to the URL `forward_to`.

    Every version of the Stripe CLI accepts a list of events; some exit when `--events` is missing.
    """
    return [program, "listen", "--skip-update", "--events", ",".join(EVENT_TYPES), "--forward-to", forward_to]
