"""How often one client may start payments and ask about orders.

An open endpoint that makes Checkout Sessions is what card testers look for. The limits are per client address and
per server process: a shared counter would cost every request a round trip to the database.
"""

import math
import threading
import time
from collections import OrderedDict

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from app.devstack.proxies import client_address
from app.payments.problems import Problem

CLIENTS = 20_000  # remembered per throttle; the one not heard of for longest is forgotten first


class PerMinute(BaseThrottle):
    """A token bucket for each client address: so many calls at once, and as many again every minute.

    `setting` names the limit; 0 is none. (django-ninja's own throttles keep the request's numbers on the object that
    all threads share, so that clients are told each other's waiting times.)
    """

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, at that time
        self._lock = threading.Lock()
        self._mine = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether the client has a call left; takes it."""
        self._mine.wait = self.seconds_to_wait(client_address(request))
        return not self._mine.wait

    def wait(self) -> float | None:
        """How many seconds the client that was just refused in this thread has to wait."""
        wait: float = self._mine.wait
        return wait

    def seconds_to_wait(self, client: str) -> float:
        """Take one of the client's calls: 0.0, or how many seconds there is none left for."""
        limit: int = getattr(settings, self.setting)
        if not limit:
            return 0.0
        now = time.monotonic()
        with self._lock:
            tokens, since = self._buckets.pop(client, (float(limit), now))
            tokens = min(float(limit), tokens + (now - since) * limit / 60)
            allowed = tokens >= 1
            self._buckets[client] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) * 60 / limit


checkouts = PerMinute("CHECKOUTS_PER_MINUTE")
status_calls = PerMinute("STATUS_CALLS_PER_MINUTE")


def take_checkout(request: HttpRequest) -> None:
    """Count one more payment that is started; raises Problem 429 for one too many."""
    if not checkouts.allow_request(request):
        raise too_many(checkouts.wait())


def too_many(wait: float | None) -> Problem:
    """The answer to one call too many."""
    seconds = max(1, math.ceil(wait or 1))
    detail = f"Too many requests from your address. Try again in {seconds} s."
    return Problem(429, "too_many_requests", detail, retry_after=seconds)
