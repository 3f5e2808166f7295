"""Settings of an emulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: The version that answers and events carry when the request names none. It is the one that the
#: `stripe` package 16.1 pins, because that is the shape our objects are held against.
DEFAULT_API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one emulator. All durations are seconds.

    `data` is the state file; None keeps the state in a private temporary file that ends with the process.
    `public_url` is put in front of hosted pages; None means "whatever Host the API request named".
    """

    data: Path | None = None
    public_url: str | None = None
    api_version: str = DEFAULT_API_VERSION
    #: How long a bank debit or a pending refund takes. Stripe's own test mode takes a few seconds too.
    settle_after: float = 3.0
    #: The "later" test accounts of Stripe's SEPA page settle after three minutes.
    settle_late_after: float = 180.0
    #: Newest events, finished deliveries and idempotency keys that are kept; older ones are pruned.
    keep_events: int = 20_000
    #: Newest objects of each prunable kind (sessions, payments, inline prices, …) that are kept.
    keep_objects: int = 50_000
    #: First pause between two tries of a delivery; doubles up to `retry_cap`.
    retry_first: float = 0.5
    retry_cap: float = 60.0
    #: Stripe retries for up to three days ("Receive Stripe events in your webhook endpoint").
    retry_for: float = 3 * 24 * 3600.0
    #: How long an endpoint may take to answer.
    delivery_timeout: float = 30.0
    #: Attempts in flight per destination.
    delivery_concurrency: int = 64
    #: Host names, besides addresses, names without dots and the like, that the emulator answers to (`access.py`).
    allowed_hosts: tuple[str, ...] = ()
    #: One line per request on stderr.
    log_requests: bool = False
