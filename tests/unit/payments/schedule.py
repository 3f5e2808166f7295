"""Interleave threads between their statements: races that happen on every run, on both databases."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections

Value = TypeVar("Value")
Choose = Callable[[list[str]], str]

BLOCKED_AFTER_S = 0.2  # a statement that takes longer waits for a lock
STUCK_AFTER_S = 30.0


class Schedule:
    """Runs actors concurrently, one statement at a time; `choose` picks the next of those that are ready."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._changed = threading.Condition()
        self._states: dict[str, str] = {}  # ready, running, done
        self.errors: list[BaseException] = []
        self.deadlocks = 0

    def run(self, **actors: Callable[[], object]) -> None:
        """Run all actors to their end. Raise the first error; raise AssertionError if they block each other."""
        self._states = dict.fromkeys(actors, "running")
        threads = [threading.Thread(target=self._act, args=each, daemon=True) for each in actors.items()]
        for thread in threads:
            thread.start()
        self._run_in_turns()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _run_in_turns(self) -> None:
        stuck_at = time.monotonic() + STUCK_AFTER_S
        with self._changed:
            while set(self._states.values()) != {"done"}:
                self._changed.wait_for(lambda: "running" not in self._states.values(), BLOCKED_AFTER_S)
                ready = sorted(name for name, state in self._states.items() if state == "ready")
                if ready:
                    self._states[self._choose(ready)] = "running"
                    self._changed.notify_all()
                assert time.monotonic() < stuck_at, self._states

    def _act(self, name: str, actor: Callable[[], object]) -> None:
        def pause(execute: Any, sql: str, *details: Any) -> Any:
            with self._changed:
                self._states[name] = "ready"
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._states[name] == "running", STUCK_AFTER_S)
            try:
                return execute(sql, *details)
            except Exception as error:
                self.deadlocks += getattr(error.__cause__, "sqlstate", "") == "40P01"
                raise

        try:
            with connection.execute_wrapper(pause):
                actor()
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()
            with self._changed:
                self._states[name] = "done"
                self._changed.notify_all()


def in_thread(act: Callable[[], Value]) -> Value:
    """Call `act` in its own thread, and so on its own connection."""

    def then_close() -> Value:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(then_close).result()


@contextmanager
def shared_database(folder: Path) -> Iterator[None]:
    """Let all new threads share one database; on SQLite it is a file, because the test database is in memory."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    configuration = connections.settings[DEFAULT_DB_ALIAS]
    name, file = configuration["NAME"], folder / "shared.sqlite3"
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
    copy.close()
    configuration["NAME"] = str(file)
    try:
        yield
    finally:
        configuration["NAME"] = name
