"""Settings of an emulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: The API version of events, and of responses to requests without one. The `stripe` package 16.1 pins it, and tests
#: compare our objects with that package.
DEFAULT_API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one emulator. All durations are seconds.

    `data` is the state file; None keeps the state in a private temporary file that ends with the process.
    `public_url` is the base URL of hosted pages; None means the Host of the API request.
    """

    data: Path | None = None
    public_url: str | None = None
    api_version: str = DEFAULT_API_VERSION
    #: The time until a bank debit or a pending refund settles. In Stripe's test mode, it also takes a few seconds.
    settle_after: float = 3.0
    #: The "later" test accounts of Stripe's SEPA page settle after three minutes.
    settle_late_after: float = 180.0
    #: Newest events, finished deliveries and idempotency keys that are kept; older ones are pruned.
    keep_events: int = 20_000
    #: Newest objects of each prunable kind (sessions, payments, inline prices, …) that are kept.
    keep_objects: int = 50_000
    #: The delay before the first retry of a delivery; doubles up to `retry_cap`.
    retry_first: float = 0.5
    retry_cap: float = 60.0
    #: Stripe retries for up to three days ("Receive Stripe events in your webhook endpoint").
    retry_for: float = 3 * 24 * 3600.0
    #: The timeout for an endpoint's response.
    delivery_timeout: float = 30.0
    #: Attempts in flight per destination.
    delivery_concurrency: int = 64
    #: Host names to accept, in addition to IP addresses and local names (`access.py`).
    allowed_hosts: tuple[str, ...] = ()
    #: Log one line per request to stderr.
    log_requests: bool = False
