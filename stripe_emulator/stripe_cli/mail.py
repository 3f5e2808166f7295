"""Events on their way through the CLI: who waits for an answer, and answers that come too late."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from stripe_emulator.ids import new_id

#: The CLI gives its target 30 seconds; an answer can't come later than this.
_POSTED_FOR = 40.0
#: Letters that are kept at most. Who forgets one too early takes no harm: its event is sent once more.
_KEPT = 5000


@dataclass(slots=True)
class Letter:
    """One event, sent once. `status` is None in the end if the connection broke, or if
    nobody waits any more."""

    delivery: int
    event_type: str
    conversation: str = field(default_factory=lambda: new_id("wc"))
    sent: float = field(default_factory=time.monotonic)
    answers: dict[str, int] = field(default_factory=dict)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    status: asyncio.Future[int | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, status: int | None) -> None:
        """The first word counts."""
        self.acked.set()
        if not self.status.done():
            self.status.set_result(status)


class Mail:
    """Letters by conversation. They are kept while an answer, or one of another URL, may still come."""

    def __init__(self) -> None:
        self._letters: dict[str, Letter] = {}
        self._late: dict[int, int] = {}
        #: By event type: the URLs that have answered one. With `--use-configured-webhooks` there can be several.
        self._urls: dict[str, set[str]] = {}

    def write(self, delivery: int, event_type: str) -> Letter:
        """A new letter."""
        letter = Letter(delivery, event_type)
        self._letters[letter.conversation] = letter
        self._tidy(letter.sent)
        return letter

    def _tidy(self, now: float) -> None:
        while True:
            oldest = next(iter(self._letters.values()))
            if now - oldest.sent <= _POSTED_FOR and len(self._letters) <= _KEPT:
                return
            del self._letters[oldest.conversation]
            self._late.pop(oldest.delivery, None)

    def acked(self, conversation: str) -> None:
        """The CLI has it."""
        if letter := self._letters.get(conversation):
            letter.acked.set()

    def answered(self, conversation: str, status: int, url: str) -> Letter | None:
        """The target answered. It counts once all URLs of that event type have; the worst answer decides."""
        letter = self._letters.get(conversation)
        if letter is None:
            return None
        letter.answers[url] = status
        urls = self._urls.setdefault(letter.event_type, set())
        urls.add(url)
        if urls <= letter.answers.keys():
            self._settle(letter, max(letter.answers.values()))
        return letter

    def _settle(self, letter: Letter, status: int) -> None:
        if letter.status.done() and letter.status.result() is None:
            self._late[letter.delivery] = status
        letter.settle(status)

    def forget(self) -> None:
        """Another CLI, perhaps with other URLs."""
        self._urls.clear()

    def late_answer(self, delivery: int) -> int | None:
        """The answer to an earlier attempt that came after the wait for it; told once."""
        return self._late.pop(delivery, None)

    def break_off(self) -> None:
        """The connection is gone: nobody can answer."""
        for letter in self._letters.values():
            letter.settle(None)
