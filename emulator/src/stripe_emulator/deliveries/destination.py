"""The interface between the queue and a place where events go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stripe_emulator.deliveries.payload import Payload


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt's content. `payload` has the same bytes at every attempt; sign them anew each time."""

    delivery: int
    event_id: str
    event_type: str
    payload: Payload
    attempt: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The destination answered. 2xx is a success, everything else (3xx too) is retried."""

    status: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It could not be reached or timed out: retried. `reason` is logged."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """Nothing is connected: not counted as an attempt, kept until `Deliveries.connected`."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The destination does not want events of this type: no further attempt."""


Outcome = Answer | NoAnswer | NotConnected | Unwanted


class Destination(Protocol):
    """A place where events go. `id` must be the same after a restart: pending deliveries are found by it."""

    @property
    def id(self) -> str:
        """Return the id, e.g. `we_…`."""

    @property
    def url(self) -> str:
        """Return what the delivery log shows."""

    def wants(self, event_type: str) -> bool:
        """Return whether events of this type go there."""

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Deliver it once. Must not raise, and has to limit its own time."""
