"""Events that were sent to the CLI: those waiting for a response, and late responses."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from stripe_emulator.ids import new_id

#: The CLI gives its target 30 seconds; no response can arrive later than this.
_POSTED_FOR = 40.0
#: The maximum number of kept messages. The event of a message that is dropped too early is sent again.
_KEPT = 5000


@dataclass(slots=True)
class Message:
    """One event, sent once. `status` is None if the connection broke or the wait timed out."""

    delivery: int
    event_type: str
    conversation: str = field(default_factory=lambda: new_id("wc"))
    sent: float = field(default_factory=time.monotonic)
    responses: dict[str, int] = field(default_factory=dict)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    status: asyncio.Future[int | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, status: int | None) -> None:
        """Set the outcome; only the first one counts."""
        self.acked.set()
        if not self.status.done():
            self.status.set_result(status)


class InFlight:
    """Messages by conversation. They are kept while a response, or one from another URL, may still arrive."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._late: dict[int, int] = {}
        #: By event type: the URLs that have responded. With `--use-configured-webhooks`, there can be several.
        self._urls: dict[str, set[str]] = {}

    def write(self, delivery: int, event_type: str) -> Message:
        """Create a message."""
        message = Message(delivery, event_type)
        self._messages[message.conversation] = message
        self._tidy(message.sent)
        return message

    def _tidy(self, now: float) -> None:
        while True:
            oldest = next(iter(self._messages.values()))
            if now - oldest.sent <= _POSTED_FOR and len(self._messages) <= _KEPT:
                return
            del self._messages[oldest.conversation]
            self._late.pop(oldest.delivery, None)

    def acked(self, conversation: str) -> None:
        """Record that the CLI received the event."""
        if message := self._messages.get(conversation):
            message.acked.set()

    def responded(self, conversation: str, status: int, url: str) -> Message | None:
        """Record a response. The worst status counts, once all URLs of that event type have responded."""
        message = self._messages.get(conversation)
        if message is None:
            return None
        message.responses[url] = status
        urls = self._urls.setdefault(message.event_type, set())
        urls.add(url)
        if urls <= message.responses.keys():
            self._settle(message, max(message.responses.values()))
        return message

    def _settle(self, message: Message, status: int) -> None:
        if message.status.done() and message.status.result() is None:
            self._late[message.delivery] = status
        message.settle(status)

    def forget(self) -> None:
        """Reset: another CLI may have other URLs."""
        self._urls.clear()

    def late_status(self, delivery: int) -> int | None:
        """Return, once, the status of a response that arrived after its attempt's timeout."""
        return self._late.pop(delivery, None)

    def break_off(self) -> None:
        """End all attempts, because the connection is closed."""
        for message in self._messages.values():
            message.settle(None)
