"""Events that were sent to the CLI: those that wait for an answer, and answers that come late."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from stripe_emulator.ids import new_id

#: The CLI gives its target 30 seconds; an answer can't come later than this.
_POSTED_FOR = 40.0
#: Messages that are kept at most. Who forgets one too early takes no harm: its event is sent once more.
_KEPT = 5000


@dataclass(slots=True)
class Message:
    """One event, sent once. `status` is None if the connection broke or the wait timed out."""

    delivery: int
    event_type: str
    conversation: str = field(default_factory=lambda: new_id("wc"))
    sent: float = field(default_factory=time.monotonic)
    answers: dict[str, int] = field(default_factory=dict)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    status: asyncio.Future[int | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, status: int | None) -> None:
        """Set the outcome; only the first one counts."""
        self.acked.set()
        if not self.status.done():
            self.status.set_result(status)


class InFlight:
    """Messages by conversation. They are kept while an answer, or one of another URL, may still come."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._late: dict[int, int] = {}
        #: By event type: the URLs that have answered one. With `--use-configured-webhooks` there can be several.
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
        """Note that the CLI has it."""
        if message := self._messages.get(conversation):
            message.acked.set()

    def answered(self, conversation: str, status: int, url: str) -> Message | None:
        """Note an answer. It counts once all URLs of that event type have answered; the worst one decides."""
        message = self._messages.get(conversation)
        if message is None:
            return None
        message.answers[url] = status
        urls = self._urls.setdefault(message.event_type, set())
        urls.add(url)
        if urls <= message.answers.keys():
            self._settle(message, max(message.answers.values()))
        return message

    def _settle(self, message: Message, status: int) -> None:
        if message.status.done() and message.status.result() is None:
            self._late[message.delivery] = status
        message.settle(status)

    def forget(self) -> None:
        """Start over: another CLI may have other URLs."""
        self._urls.clear()

    def late_answer(self, delivery: int) -> int | None:
        """Return, once, an answer to an earlier attempt that came after its timeout."""
        return self._late.pop(delivery, None)

    def break_off(self) -> None:
        """End all waiting: the connection is gone."""
        for message in self._messages.values():
            message.settle(None)
