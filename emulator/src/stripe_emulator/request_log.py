"""The newest API requests, for the dashboard and for `stripe logs tail`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from stripe_emulator.jsontext import JSON

_KEPT = 500


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """A completed request, without keys and bodies. `created` is the emulator's time, `seconds` the duration."""

    request_id: str
    method: str
    path: str
    status: int
    created: int
    seconds: float
    api_version: str
    idempotency_key: str | None
    user_agent: str
    error: JSON | None
    ip_address: str = ""


class RequestLog:
    """A bounded list with listeners."""

    def __init__(self) -> None:
        self.entries: deque[RequestEntry] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[RequestEntry], None]] = []

    def listen(self, listener: Callable[[RequestEntry], None]) -> Callable[[], None]:
        """Call `listener` with each request from now on, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def add(self, entry: RequestEntry) -> None:
        """Add a completed request."""
        self.entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def clear(self) -> None:
        """Remove all entries."""
        self.entries.clear()
