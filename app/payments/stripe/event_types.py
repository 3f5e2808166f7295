"""The types of Stripe's events about orders. In every mode, only these reach the app.

They are in `event_types.txt`, also for `scripts/stripe-listen`, whose container has no Python.
"""

from pathlib import Path

EVENT_TYPES = tuple(Path(__file__).with_suffix(".txt").read_text(encoding="ascii").split())


def listen_command(forward_to: str, program: str = "stripe") -> list[str]:
    """Return the command that forwards these events to the URL `forward_to`.

    Every version of the Stripe CLI accepts a list of events; some exit if `--events` is missing.
    """
    return [program, "listen", "--skip-update", "--events", ",".join(EVENT_TYPES), "--forward-to", forward_to]
