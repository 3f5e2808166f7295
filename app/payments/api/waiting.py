"""Wait for an order to change, with one query a second for everyone who waits in this process.

A request that waits keeps its thread, so at most a quarter of the threads wait; it holds no database connection.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings

from app.payments.models import Order
from app.web.outages import release_connection

MAX_WAIT = 25  # seconds; less than gunicorn's graceful_timeout, and than the timeouts of most proxies
INTERVAL = 1.0  # seconds between two queries


class Waiters:
    """The requests of this process that wait for an order. There is no thread for them: one of them asks for all."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._changed = threading.Condition()
        self._waiting: Counter[uuid.UUID] = Counter()
        self._versions: dict[uuid.UUID, int] = {}  # the latest that anyone has read
        self._next_query = 0.0

    @property
    def count(self) -> int:
        """Return how many requests are waiting."""
        with self._changed:
            return self._waiting.total()

    def wait(self, order_id: uuid.UUID, version: int, seconds: float) -> bool:
        """Wait for at most so many seconds, and return whether the order has another version by now.

        Returns False at once if no place is free.
        """
        if not self._places.acquire(blocking=False):
            return False
        try:
            release_connection()
            with self._counted(order_id, version):
                return self._wait(order_id, version, time.monotonic() + seconds)
        finally:
            self._places.release()

    def _wait(self, order_id: uuid.UUID, version: int, deadline: float) -> bool:
        while True:
            with self._changed:
                now = time.monotonic()
                if self._versions[order_id] != version or now >= deadline:
                    return self._versions[order_id] != version
                if now < self._next_query:
                    self._changed.wait(min(self._next_query, deadline) - now)
                    continue
                self._next_query = now + INTERVAL  # it is this thread's turn to ask
                order_ids = list(self._versions)
            self._query(order_ids)

    def _query(self, order_ids: list[uuid.UUID]) -> None:
        found = dict(Order.objects.filter(pk__in=order_ids).values_list("pk", "version"))
        release_connection()
        with self._changed:
            for order_id in self._versions.keys() & found.keys():
                self._versions[order_id] = max(self._versions[order_id], found[order_id])
            self._changed.notify_all()

    @contextmanager
    def _counted(self, order_id: uuid.UUID, version: int) -> Iterator[None]:
        with self._changed:
            self._waiting[order_id] += 1
            self._versions[order_id] = max(version, self._versions.get(order_id, 0))
        try:
            yield
        finally:
            with self._changed:
                self._waiting[order_id] -= 1
                if not self._waiting[order_id]:
                    del self._waiting[order_id], self._versions[order_id]


@cache
def waiters() -> Waiters:
    """Return this process's waiters."""
    return Waiters(max(1, settings.WEB_THREADS // 4))
