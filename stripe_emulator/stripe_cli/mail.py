"""Events on their way through the CLI: who waits for an answer, and answers that come too late."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from stripe_emulator.ids import new_id

#: The CLI gives its target 30 seconds; an answer can't come later than this.
_POSTED_FOR = 40.0


@dataclass(slots=True)
class Letter:
    """One event, sent once. `status` is None in the end if the connection broke, or if
    nobody waits any more."""

    delivery: int
    event_type: str
    conversation: str = field(default_factory=lambda: new_id("wc"))
    sent: float = field(default_factory=time.monotonic)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    status: asyncio.Future[int | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, status: int | None) -> None:
        """The first word counts."""
        self.acked.set()
        if not self.status.done():
            self.status.set_result(status)


class Mail:
    """Letters by conversation. Those that nobody waits for any more are kept while an answer may still come."""

    def __init__(self) -> None:
        self._letters: dict[str, Letter] = {}
        self._late: dict[int, int] = {}

    def write(self, delivery: int, event_type: str) -> Letter:
        """A new letter."""
        letter = Letter(delivery, event_type)
        self._letters[letter.conversation] = letter
        self._tidy(letter.sent)
        return letter

    def _tidy(self, now: float) -> None:
        for conversation, letter in list(self._letters.items()):
            if now - letter.sent < _POSTED_FOR:
                break
            del self._letters[conversation]
            self._late.pop(letter.delivery, None)

    def acked(self, conversation: str) -> None:
        """The CLI has it."""
        if letter := self._letters.get(conversation):
            letter.acked.set()

    def answered(self, conversation: str, status: int) -> Letter | None:
        """The target answered. After the wait for it was over, that is kept for the next attempt."""
        letter = self._letters.get(conversation)
        if letter is None:
            return None
        if letter.status.done():
            self._late[letter.delivery] = status
        letter.settle(status)
        return letter

    def late_answer(self, delivery: int) -> int | None:
        """The answer to an earlier attempt that came after its wait; told once."""
        return self._late.pop(delivery, None)

    def break_off(self) -> None:
        """The connection is gone: nobody can answer."""
        for letter in self._letters.values():
            letter.settle(None)
