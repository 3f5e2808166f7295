"""Rate limits for starting payments, polling orders and logging in.

Card testers look for open endpoints that create Checkout Sessions. Each limit applies per client address and across
all server processes. Logins are also limited per user name.
"""

import math
import threading
import unicodedata

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from app.web.problems import Problem
from app.web.proxies import client_address
from app.web.throttling.shared_buckets import SharedBuckets


class PerMinute(BaseThrottle):
    """Keep a token bucket per client address: a minute's worth of calls, refilled steadily.

    `setting` names the limit, which is multiplied by `times`; 0 means no limit. (django-ninja's own throttles store
    per-request values in an object that all threads share, so clients could get each other's wait times.)
    """

    def __init__(self, setting: str, *, times: int = 1) -> None:
        self.setting, self.times = setting, times
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
        limit: int = getattr(settings, self.setting) * self.times
        if not limit:
            return 0.0
        return self.buckets.take(client, limit)


checkouts = PerMinute("CHECKOUTS_PER_MINUTE")
status_calls = PerMinute("STATUS_CALLS_PER_MINUTE")
logins = PerMinute("LOGINS_PER_MINUTE")
# Guesses from many addresses. Larger, so that nobody can lock an operator out from a single one.
logins_by_name = PerMinute("LOGINS_PER_MINUTE", times=2)


def take_checkout(request: HttpRequest) -> None:
    """Count one started payment; raises Problem 429 over the limit."""
    if not checkouts.allow_request(request):
        raise too_many(checkouts.wait())


def take_login(request: HttpRequest, name: str) -> None:
    """Count one attempt to log in as `name`; raises Problem 429 over the limit."""
    same_name = unicodedata.normalize("NFKC", name).strip().casefold()
    wait = logins.seconds_to_wait(client_address(request.META)) or logins_by_name.seconds_to_wait(same_name)
    if wait:
        raise too_many(wait, "login attempts")


def too_many(wait: float | None, what: str = "requests from your IP address") -> Problem:
    """Return the problem for a call over the limit."""
    seconds = max(1, math.ceil(wait or 1))
    detail = f"Too many {what}. Try again in {seconds} s."
    return Problem(429, "too_many_requests", detail, retry_after=seconds)
