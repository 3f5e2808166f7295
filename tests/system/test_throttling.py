"""A client has one rate limit for all server processes."""

import time
from concurrent.futures import ThreadPoolExecutor

import urllib3

from tests.support.stack import Stack

LIMIT = 6  # a minute
UNKNOWN = "/api/orders/00000000-0000-0000-0000-000000000000/"


def test_server_processes_share_the_rate_limit() -> None:
    with Stack(env={"WEB_CONCURRENCY": "4", "STATUS_CALLS_PER_MINUTE": str(LIMIT)}) as stack:

        def ask(_: int) -> int:
            # Each request uses a new connection, which any free process accepts.
            with urllib3.PoolManager() as http:
                return http.request("GET", stack.url + UNKNOWN, retries=False).status

        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(80)))
        recovered = (time.monotonic() - started) * LIMIT / 60
    assert set(answers) == {404, 429}
    assert LIMIT <= answers.count(404) <= LIMIT + recovered
