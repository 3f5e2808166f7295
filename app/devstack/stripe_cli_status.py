"""The Stripe CLI's status (in Docker: scripts/stripe-listen) and device name, from files next to the signing secret."""

import time
from dataclasses import dataclass

from django.conf import settings

# Seconds without a write after which the CLI counts as stopped. It writes the file every 2 seconds while connected, and
# every 30 while it waits to retry.
STALE_CONNECTED, STALE_RETRYING = 15, 60
DEVICE_FILE = "stripe_device"


@dataclass(frozen=True)
class CliStatus:
    """The CLI's status. `connected_since`: seconds since the epoch, or None. `error`: why it is not connected."""

    connected_since: int | None
    error: str  # empty while it is connected
    line: str  # the CLI's last line of output


def cli_status() -> CliStatus | None:
    """Return the last status; None if there is none (without Docker)."""
    try:
        text = settings.STRIPE_WEBHOOK_SECRET_FILE.with_name("stripe_cli").read_text(errors="replace")
    except OSError:
        return None
    fields = dict(line.partition("=")[::2] for line in text.splitlines())
    since = _number(fields.get("connected_since", "")) or None
    stale = time.time() - _number(fields.get("at", "")) > (STALE_CONNECTED if since else STALE_RETRYING)
    unknown = "the Stripe CLI is not running" if stale else "the Stripe CLI is not connected"
    connected_since = None if stale else since
    error = "" if connected_since else fields.get("error", "") or unknown
    return CliStatus(connected_since, error, fields.get("line", ""))


def device_name() -> str:
    """Return this installation's name among the devices of the Stripe account; empty if `stripe listen` never ran."""
    try:
        return settings.STRIPE_WEBHOOK_SECRET_FILE.with_name(DEVICE_FILE).read_text(errors="replace").strip()
    except OSError:
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
