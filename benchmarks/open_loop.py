"""Open-loop load: requests start when they are due, even if earlier ones are unfinished, and latencies count from then
(Gil Tene: "coordinated omission").

`python -m benchmarks.open_loop PORT RATE SECONDS FILE` sends the requests in FILE (see `payloads.write_requests`) to
127.0.0.1 at the times of a Poisson process, which are the same in every run, and prints JSON.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from benchmarks.rounds import BenchmarkError

MOST_PER_SECOND, MOST_SECONDS = 500.0, 120.0
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Latencies:
    """Latencies in milliseconds; failed: responses with a status of 400 or more, or none."""

    requests: int
    failed: int
    p50: float
    p99: float
    longest: float


class Arrivals:
    """A run in a separate process, started in the background; `result` waits for its end."""

    def __init__(self, url: str, requests: Path, *, rate: float, seconds: float) -> None:
        """Send the file's requests to the server on this machine at `url`."""
        port = url.rpartition(":")[2]
        command = [sys.executable, "-m", "benchmarks.open_loop", port, str(rate), str(seconds), str(requests)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def result(self) -> Latencies:
        """Wait for the end. Return the measurements."""
        output = self._process.communicate()[0]
        if self._process.returncode:
            raise BenchmarkError("The open loop failed.")
        return Latencies(**json.loads(output))


def arrival_times(rate: float, seconds: float) -> Iterator[float]:
    """Yield the times of arrivals in seconds from the start, on average `rate` per second."""
    chance = random.Random(1)
    moment = chance.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += chance.expovariate(rate)


class Client:
    """Keeps connections open as a proxy does, and opens another when all are busy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def send(self, request: bytes) -> bool:
        """Send a request. Return whether it succeeded."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = (
                    self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
                )
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            return False
        self._idle.append((reader, writer))
        return int(head.split(b" ", 2)[1]) < 400


async def measure(port: int, rate: float, seconds: float, requests: list[bytes]) -> Latencies:
    """Send each request when it is due."""
    client, loop = Client(port), asyncio.get_running_loop()
    start = loop.time() + 0.1

    async def one(due: float, request: bytes) -> tuple[float, bool]:
        good = await client.send(request)
        return loop.time() - due, good

    tasks = []
    for moment, request in zip(arrival_times(rate, seconds), requests, strict=False):
        await asyncio.sleep(start + moment - loop.time())
        tasks.append(asyncio.create_task(one(start + moment, request)))
    answers = await asyncio.gather(*tasks)
    times = sorted(seconds * 1000 for seconds, _ in answers)
    return Latencies(
        requests=len(times),
        failed=sum(not good for _, good in answers),
        p50=times[len(times) // 2],
        p99=times[int(len(times) * 0.99)],
        longest=times[-1],
    )


def _read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as requests:
        while length := requests.read(8):
            yield requests.read(int(length))


def main() -> None:
    """Measure and print JSON."""
    port, rate, seconds, file = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    if rate > MOST_PER_SECOND or seconds > MOST_SECONDS:
        sys.exit(f"At most {MOST_PER_SECOND:g} per second for {MOST_SECONDS:g} s.")
    found = asyncio.run(measure(port, rate, seconds, list(_read(file))))
    sys.stdout.write(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
