"""Work of several threads done together by one of them: databases call it a group commit.

The first thread to come begins at once. What others bring meanwhile is done together as soon as that is finished, by
one of them. So on a quiet server nobody waits for anybody, and the busier it is, the more is done in one go.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

PATIENCE_S = 0.05  # with a batch that is held up, until those who wait for its end go on without it


class _Call(Generic[Item, Done]):
    """One thread's item; it has one `outcome` once `turn` can be taken, unless the thread is to lead itself."""

    __slots__ = ("item", "leads", "outcome", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.leads = False
        self.outcome: list[Done | Exception] = []
        self.turn = threading.Lock()
        self.turn.acquire()


class GroupCommit(Generic[Item, Done]):
    """`work` takes what was brought and returns for each item, in the same order, what it came to or its exception."""

    def __init__(self, work: Callable[[list[Item]], Sequence[Done | Exception]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: list[_Call[Item, Done]] = []
        self._leaders = 0

    def run(self, item: Item) -> Done:
        """What `item` came to, together with others' or alone; raises its exception."""
        call = _Call[Item, Done](item)
        with self._lock:
            self._waiting.append(call)
            if not self._leaders:
                self._appoint(call)
        if not call.leads:
            self._await_turn(call)
        if call.leads:
            self._lead(call)
        [outcome] = call.outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _appoint(self, call: _Call[Item, Done]) -> None:
        self._leaders += 1
        call.leads = True

    def _await_turn(self, call: _Call[Item, Done]) -> None:
        if call.turn.acquire(timeout=PATIENCE_S):
            return
        with self._lock:
            if call in self._waiting and not call.leads:
                self._appoint(call)
                return
        call.turn.acquire()

    def _lead(self, call: _Call[Item, Done]) -> None:
        with self._lock:
            # Another leader's own call is left to that thread.
            batch = [other for other in self._waiting if other is call or not other.leads]
            self._waiting = [other for other in self._waiting if other.leads and other is not call]
        try:
            outcomes = self._work([each.item for each in batch])
            for each, outcome in zip(batch, outcomes, strict=True):
                each.outcome = [outcome]
        except Exception as error:
            for each in batch:
                each.outcome = [error]
        finally:
            self._hand_over()
            for each in batch:
                if each is not call:
                    each.turn.release()

    def _hand_over(self) -> None:
        with self._lock:
            successor = next((call for call in self._waiting if not call.leads), None)
            if successor is None:
                self._leaders -= 1
                return
            successor.leads = True
        successor.turn.release()
