"""Rate limits for starting payments, polling orders and logging in.

Card testers look for open endpoints that create Checkout Sessions. Each limit applies per client address; that of
logins per user name too. With CACHE_URL, all processes of all replicas count together; without it, each process of
this server allows its share.
"""

import hashlib
import logging
import math
import threading
import time
import unicodedata

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from app.web.problems import Problem
from app.web.proxies import client_address

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds


class PerMinute(BaseThrottle):
    """Allow a client so many calls a minute; the minute starts with the first one.

    `setting` names the limit, which is multiplied by `times`; 0 means no limit. (django-ninja's own throttles store
    per-request values in an object that all threads share, so clients could get each other's wait times.)
    """

    def __init__(self, setting: str, *, times: int = 1) -> None:
        self.setting, self.times = setting, times
        self._mine = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        """Count one of the client's calls and return whether it is within the limit."""
        self._mine.wait = self.seconds_to_wait(client_address(request.META))
        return not self._mine.wait

    def wait(self) -> float | None:
        """Return how many seconds the client that this thread just rejected has to wait."""
        wait: float = self._mine.wait
        return wait

    def seconds_to_wait(self, client: str) -> float:
        """Count one of the client's calls and return 0.0, or the seconds until the next one is allowed.

        While the shared cache is unavailable, every call is allowed: payments go on.
        """
        limit: int = getattr(settings, self.setting) * self.times
        if not limit:
            return 0.0
        try:
            return self._count(client, limit if settings.CACHE_URL else math.ceil(limit / settings.WEB_WORKERS))
        except _cache_errors() as error:
            logger.warning("Rate limits are off: the cache can't be reached: %s", error)
            return 0.0

    def _count(self, client: str, limit: int) -> float:
        # Hashed: a user name may be too long for a key, or contain characters that a key must not.
        name = hashlib.sha256(f"{self.setting} {self.times} {client}".encode()).hexdigest()
        start = f"throttle:{name}"
        now = time.time()
        since = cache.get(start)
        if since is None:
            cache.add(start, now, timeout=WINDOW)
            since = cache.get(start, now)  # another thread may have added it
        count = _increment(f"{start}:{since}")
        return 0.0 if count <= limit else since + WINDOW - now


def _increment(counter: str) -> int:
    try:
        return cache.incr(counter)
    except ValueError:  # the first call of this minute
        cache.add(counter, 0, timeout=2 * WINDOW)
        return cache.incr(counter)


def _cache_errors() -> tuple[type[Exception], ...]:
    if not settings.CACHE_URL:
        return ()
    from redis.exceptions import RedisError  # takes memory, so only where it is used

    return (RedisError,)


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
