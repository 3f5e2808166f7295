"""What the Stripe CLI's container tells of itself (scripts/stripe-listen), in a file beside the signing secret."""

import time
from dataclasses import dataclass

from django.conf import settings

# Seconds. It tells every two while it is connected, and every thirty while it waits to try again.
SILENT_AFTER, WAITS_AT_MOST = 15, 60


@dataclass(frozen=True)
class CliStatus:
    """`connected_since`: seconds since the epoch, None while it is not. `complaint`: why not, in words, if known."""

    connected_since: int | None
    complaint: str
    line: str  # the last one of the CLI's own

    @property
    def trouble(self) -> str:
        """What is wrong with the CLI, in words; empty while it is connected."""
        return "" if self.connected_since else self.complaint or "the Stripe CLI is not connected"


def cli_status() -> CliStatus | None:
    """The last one; None where nobody tells it (without Docker)."""
    try:
        text = settings.STRIPE_WEBHOOK_SECRET_FILE.with_name("stripe_cli").read_text(errors="replace")
    except OSError:
        return None
    told = dict(line.partition("=")[::2] for line in text.splitlines())
    since = _number(told.get("connected_since", "")) or None
    silent = time.time() - _number(told.get("at", "")) > (SILENT_AFTER if since else WAITS_AT_MOST)
    complaint = told.get("complaint", "") or ("the Stripe CLI is not running" if silent else "")
    return CliStatus(None if silent else since, complaint, told.get("line", ""))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
