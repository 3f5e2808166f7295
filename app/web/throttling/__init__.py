"""How often one client may start payments and ask about orders.

An open endpoint that makes Checkout Sessions is what card testers look for. The limits are per client address, for
all server processes together.
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
    """A token bucket for each client address: so many calls at once, and as many again every minute.

    `setting` names the limit; 0 is none. (django-ninja's own throttles keep the request's numbers on the object that
    all threads share, so that clients are told each other's waiting times.)
    """

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self.buckets = SharedBuckets()
        self._mine = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether the client has a call left; takes it."""
        self._mine.wait = self.seconds_to_wait(client_address(request.META))
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
        return self.buckets.take(client, limit)


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
