"""Rate limits hold over all server processes: each allows its share, or a shared cache counts for all."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from tests.support.stack import Stack, reserve_port
from tests.support.waiting import until

LIMIT = 8  # a minute
PROCESSES = "2"
UNKNOWN = "/api/orders/00000000-0000-0000-0000-000000000000/"


def statuses(*stacks: Stack) -> list[int]:
    """Return the responses to many calls, each on a new connection, which any free process accepts."""

    def ask(number: int) -> int:
        with urllib3.PoolManager() as http:
            return http.request("GET", stacks[number % len(stacks)].url + UNKNOWN, retries=False).status

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(120)))


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A Redis server: its URL and its process."""
    with reserve_port() as reservation:
        port = reservation.getsockname()[1]
    log = tmp_path / "redis.log"
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with log.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file, text=True) as server:
        try:
            until(lambda: "Ready to accept connections" in log.read_text(), "Redis is ready")
            yield f"redis://127.0.0.1:{port}/0", server
        finally:
            server.terminate()


def test_processes_share_the_rate_limit() -> None:
    with Stack(env={"WEB_CONCURRENCY": PROCESSES, "STATUS_CALLS_PER_MINUTE": str(LIMIT)}) as stack:
        answers = statuses(stack)
    assert set(answers) == {404, 429}
    assert answers.count(404) <= LIMIT


def test_replicas_with_a_cache_share_the_rate_limit(redis: tuple[str, "subprocess.Popen[str]"]) -> None:
    url, server = redis
    env = {"WEB_CONCURRENCY": PROCESSES, "STATUS_CALLS_PER_MINUTE": str(LIMIT), "CACHE_URL": url}
    with Stack(env=env) as first, Stack(env=env) as second:
        assert statuses(first, second).count(404) == LIMIT
        server.terminate()
        server.wait(10)
        # Payments are worth more than limits.
        assert set(statuses(first)) == {404}
    assert "Rate limits are off: the cache can't be reached" in first.log
