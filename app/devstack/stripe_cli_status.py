"""The Stripe CLI's status (in Docker: scripts/stripe-listen) and device name, from files next to the signing secret."""

import time
from dataclasses import dataclass

from django.conf import settings

# Seconds. It writes the file every two while connected, and every thirty while it waits to retry.
SILENT_AFTER, RETRIES_WITHIN = 15, 60
DEVICE_FILE = "stripe_device"


@dataclass(frozen=True)
class CliStatus:
    """`connected_since`: seconds since the epoch, or None. `complaint`: why it is not connected, if known."""

    connected_since: int | None
    complaint: str
    line: str  # the CLI's last line of output

    @property
    def trouble(self) -> str:
        """Return what is wrong with the CLI; empty while it is connected."""
        return "" if self.connected_since else self.complaint or "the Stripe CLI is not connected"


def cli_status() -> CliStatus | None:
    """Return the last status; None if there is none (without Docker)."""
    try:
        text = settings.STRIPE_WEBHOOK_SECRET_FILE.with_name("stripe_cli").read_text(errors="replace")
    except OSError:
        return None
    fields = dict(line.partition("=")[::2] for line in text.splitlines())
    since = _number(fields.get("connected_since", "")) or None
    silent = time.time() - _number(fields.get("at", "")) > (SILENT_AFTER if since else RETRIES_WITHIN)
    complaint = fields.get("complaint", "") or ("the Stripe CLI is not running" if silent else "")
    return CliStatus(None if silent else since, complaint, fields.get("line", ""))


def device_name() -> str:
    """Return this installation's name among the devices of the Stripe account; empty if `stripe listen` never ran."""
    try:
        return settings.STRIPE_WEBHOOK_SECRET_FILE.with_name(DEVICE_FILE).read_text(errors="replace").strip()
    except OSError:
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
