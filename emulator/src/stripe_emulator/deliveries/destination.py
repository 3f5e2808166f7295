"""The interface between the queue and a destination of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stripe_emulator.deliveries.payload import Payload


@dataclass(frozen=True, slots=True)
class Attempt:
    """The content of one attempt. `payload` is the same in every attempt; sign it again each time."""

    delivery: int
    event_id: str
    event_type: str
    payload: Payload
    attempt: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The destination responded. 2xx is a success; everything else, including 3xx, is retried."""

    status: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The destination could not be reached, or timed out: retried. `reason` is logged."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """The destination is not connected: not counted as an attempt, and kept until `Deliveries.connected`."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The destination does not want events of this type: no further attempt."""


Outcome = Answer | NoAnswer | NotConnected | Unwanted


class Destination(Protocol):
    """A destination of events. `id` must be the same after a restart: pending deliveries are found by it."""

    @property
    def id(self) -> str:
        """Return the id, e.g. `we_…`."""

    @property
    def url(self) -> str:
        """Return the URL for the delivery log."""

    def wants(self, event_type: str) -> bool:
        """Return whether events of this type go there."""

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Deliver the event once. Must not raise, and must have a timeout."""
