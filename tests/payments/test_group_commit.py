"""Work of several threads, done together."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from app.payments.group_commit import GroupCommit

SOON = 10  # seconds until a test that hangs has failed


class Held:
    """Work that waits for `go` with its first batch, and notes all of them."""

    def __init__(self) -> None:
        self.go, self.began = threading.Event(), threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, items: list[int]) -> list[int | Exception]:
        self.batches.append(items)
        if len(self.batches) == 1:
            self.began.set()
            assert self.go.wait(SOON)
        return [ValueError(f"{item} is odd") if item % 2 else item * 10 for item in items]


@contextmanager
def begun(work: Held, group: GroupCommit[int, int]) -> Iterator[Callable[[int], "Future[int]"]]:
    """`bring(item)` in a thread of its own, while a first batch of [0] is held up."""
    with ThreadPoolExecutor(16) as threads:
        first = threads.submit(group.run, 0)
        assert work.began.wait(SOON)
        try:
            yield lambda item: threads.submit(group.run, item)
        finally:
            work.go.set()
        assert first.result(SOON) == 0


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    waited = threading.Event()
    for _ in range(SOON * 1000):
        if condition():
            return
        waited.wait(0.001)
    pytest.fail("not in time")


def test_alone_it_is_done_at_once() -> None:
    batches: list[list[int]] = []
    group = GroupCommit[int, int](lambda items: batches.append(items) or items)  # type: ignore[func-returns-value]
    assert [group.run(item) for item in range(3)] == [0, 1, 2]
    assert batches == [[0], [1], [2]]


def test_what_comes_meanwhile_is_done_together_and_everyone_gets_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.payments.group_commit.PATIENCE_S", SOON)
    work = Held()
    group = GroupCommit[int, int](work)
    with begun(work, group) as bring:
        futures = {item: bring(item) for item in (2, 4, 6)}
        until(lambda: len(group._waiting) == 3)
    assert {item: future.result(SOON) for item, future in futures.items()} == {2: 20, 4: 40, 6: 60}
    assert [sorted(batch) for batch in work.batches] == [[0], [2, 4, 6]]


def test_one_that_fails_fails_alone() -> None:
    work = Held()
    group = GroupCommit[int, int](work)
    with begun(work, group) as bring:
        good, bad = bring(2), bring(3)
    assert good.result(SOON) == 20
    with pytest.raises(ValueError, match="3 is odd"):
        bad.result(SOON)


def test_when_all_fails_everyone_is_told_and_the_next_one_is_not() -> None:
    work = Held()
    down = True

    def perhaps(items: list[int]) -> list[int | Exception]:
        if items != [0] and down:
            raise ConnectionError("away")
        return work(items)

    group = GroupCommit[int, int](perhaps)
    with begun(work, group) as bring:
        futures = [bring(2), bring(4)]
    for future in futures:
        with pytest.raises(ConnectionError, match="away"):
            future.result(SOON)
    down = False
    assert group.run(8) == 80


def test_nobody_waits_long_for_a_batch_that_is_held_up() -> None:
    work = Held()
    group = GroupCommit[int, int](work)
    with begun(work, group) as bring:
        assert [future.result(SOON) for future in [bring(2), bring(4), bring(6)]] == [20, 40, 60]
        assert not work.go.is_set()
    assert group.run(8) == 80
    assert work.batches[-1] == [8]


def test_whatever_the_threads_do_everything_is_done_once() -> None:
    done: list[int] = []

    def work(items: list[int]) -> list[int]:
        done.extend(items)
        return [-item for item in items]

    group = GroupCommit[int, int](work)
    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(group.run, range(5000))) == [-item for item in range(5000)]
    assert sorted(done) == list(range(5000))
