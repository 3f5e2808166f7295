"""Rate limits for starting payments and polling orders.

Card testers look for open endpoints that create Checkout Sessions. Each limit applies per client address, across all
server processes.
"""

import math
import threading

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from app.web.problems import Problem
from app.web.proxies import client_address
from app.web.throttling.shared_buckets import SharedBuckets


class PerMinute(BaseThrottle):
    """Keep a token bucket per client address: a minute's worth of calls, refilled steadily.

    `setting` names the limit; 0 means no limit. (django-ninja's own throttles keep per-request values on an object that
    all threads share, so clients could get each other's wait times.)
    """

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self.buckets = SharedBuckets()
        self._mine = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        """Take one of the client's calls and return whether there was one left."""
        self._mine.wait = self.seconds_to_wait(client_address(request.META))
        return not self._mine.wait

    def wait(self) -> float | None:
        """Return how many seconds the client that this thread just rejected has to wait."""
        wait: float = self._mine.wait
        return wait

    def seconds_to_wait(self, client: str) -> float:
        """Take one of the client's calls and return 0.0, or the seconds until the next one is available."""
        limit: int = getattr(settings, self.setting)
        if not limit:
            return 0.0
        return self.buckets.take(client, limit)


checkouts = PerMinute("CHECKOUTS_PER_MINUTE")
status_calls = PerMinute("STATUS_CALLS_PER_MINUTE")


def take_checkout(request: HttpRequest) -> None:
    """Count one started payment; raises Problem 429 over the limit."""
    if not checkouts.allow_request(request):
        raise too_many(checkouts.wait())


def too_many(wait: float | None) -> Problem:
    """Return the problem for a call over the limit."""
    seconds = max(1, math.ceil(wait or 1))
    detail = f"Too many requests from your IP address. Try again in {seconds} s."
    return Problem(429, "too_many_requests", detail, retry_after=seconds)
