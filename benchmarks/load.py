"""The closed loop: wrk (Debian, Ubuntu: apt install wrk), with what it measured."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.rounds import BenchmarkError

SCRIPT = Path(__file__).parent / "wrk.lua"
TIMEOUT = 20  # seconds for one answer
MOST_CLIENTS, MOST_SECONDS = 512, 120
LOCAL = "http://127.0.0.1:"


@dataclass(frozen=True)
class Load:
    """What wrk measured; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    failed: int  # answers with a status of 400 or more
    broken: int  # connections refused, cut or timed out
    ran_out: bool  # of requests to send, before the time was over

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return (self.requests - self.failed) / self.seconds

    @property
    def is_clean(self) -> bool:
        """Whether every request was answered well, for as long as it was to last."""
        return not (self.failed or self.broken or self.ran_out)


class Wrk:
    """One run of wrk, started in the background; `result` waits for its end."""

    def __init__(self, url: str, requests: Path, *, clients: int, seconds: float, repeat: bool = False) -> None:
        """Send the file `requests` (see `payloads.write_requests`), to a server on this machine only."""
        program = shutil.which("wrk")
        if program is None:
            raise BenchmarkError("wrk is missing (Debian, Ubuntu: apt install wrk; macOS: brew install wrk).")
        if not url.startswith(LOCAL) or clients > MOST_CLIENTS or seconds > MOST_SECONDS:
            raise BenchmarkError(f"Refused: {clients} clients for {seconds:g} s against {url}.")
        # Without --latency wrk measures the same but does not print it.
        command = [
            program, "-t", "1", "-c", str(clients), "-d", f"{seconds:.0f}s", "--timeout", f"{TIMEOUT}s",
            "-s", str(SCRIPT), url, "--", str(requests), "repeat" if repeat else "once",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def result(self) -> Load:
        """Wait for the end and return what was measured; raises BenchmarkError when wrk failed."""
        output = self._process.communicate()[0]
        _, found, text = output.rpartition("JSON")
        if self._process.returncode or not found:
            raise BenchmarkError(f"wrk failed: {output.strip()}")
        told = json.loads(text)
        return Load(
            requests=told["requests"],
            seconds=told["microseconds"] / 1e6,
            p50=told["p50"] / 1000,
            p99=told["p99"] / 1000,
            longest=told["max"] / 1000,
            failed=told["failed"],
            broken=told["broken"],
            ran_out=told["ran_out"],
        )


def run(url: str, requests: Path, *, clients: int, seconds: float, repeat: bool = False) -> Load:
    """Run wrk to its end."""
    with Wrk(url, requests, clients=clients, seconds=seconds, repeat=repeat) as wrk:
        return wrk.result()


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
