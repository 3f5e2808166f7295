"""What the queue needs to know about a place where events go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt's content. `payload` is the same bytes at every attempt; sign them afresh each time."""

    delivery: int
    event_id: str
    event_type: str
    payload: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The destination answered. 2xx is a success, everything else (3xx too) is tried again."""

    status: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It could not be reached or took too long: tried again. `reason` goes into the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """Nobody is there to be tried: not counted as an attempt, kept until `Deliveries.connected`."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The destination does not want events of this type after all: over, without another try."""


Outcome = Answer | NoAnswer | NotConnected | Unwanted


class Destination(Protocol):
    """A place where events go. `id` must be the same after a restart: waiting deliveries are found by it."""

    @property
    def id(self) -> str:
        """E.g. `we_…`."""

    @property
    def url(self) -> str:
        """What the delivery log shows."""

    def wants(self, event_type: str) -> bool:
        """Whether events of this type go there."""

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Bring it there once. Must not raise; has to bound its own time."""
