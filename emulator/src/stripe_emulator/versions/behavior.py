"""What a request's version decides besides the shape of the answer."""

from __future__ import annotations

from stripe_emulator.versions.released import before


def default_capture_method(version: str) -> str:
    """Return the capture method of a PaymentIntent that names none: asynchronous since 2024-04-10."""
    return "automatic" if before(version, "2024-04-10") else "automatic_async"


def methods_are_automatic(version: str) -> bool:
    """Return whether a PaymentIntent that names no types takes the Dashboard's: since 2023-08-16, cards before."""
    return not before(version, "2023-08-16")
