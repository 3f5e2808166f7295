"""Delivery of events: destinations, the queue with its retries, and the log.

A webhook endpoint is one kind of destination. To add another, implement `Destination` and pass it to
`Deliveries.register`.
"""

from stripe_emulator.deliveries.destination import (
    Answer,
    Attempt,
    Destination,
    NoAnswer,
    NotConnected,
    Outcome,
    Unwanted,
)
from stripe_emulator.deliveries.queue import Deliveries

__all__ = ["Answer", "Attempt", "Deliveries", "Destination", "NoAnswer", "NotConnected", "Outcome", "Unwanted"]
