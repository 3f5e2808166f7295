"""Closed-loop load with wrk (Debian, Ubuntu: apt install wrk)."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.rounds import BenchmarkError

SCRIPT = Path(__file__).parent / "wrk.lua"
TIMEOUT = 20  # seconds per response
MOST_CLIENTS, MOST_SECONDS = 512, 120
LOCAL = "http://127.0.0.1:"


@dataclass(frozen=True)
class Load:
    """wrk's measurements; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    failed: int  # responses with a status of 400 or more
    broken: int  # connections refused, closed or timed out
    ran_out: bool  # no requests left before the end

    @property
    def rate(self) -> float:
        """Successful responses per second."""
        return (self.requests - self.failed) / self.seconds

    @property
    def is_clean(self) -> bool:
        """True if every request succeeded until the end."""
        return not (self.failed or self.broken or self.ran_out)


class Wrk:
    """A run of wrk in the background; `result` waits for its end."""

    def __init__(self, url: str, requests: Path, *, clients: int, seconds: float, repeat: bool = False) -> None:
        """Send the requests in a file (see `payloads.write_requests`) to a server on this machine."""
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
        """Wait for the end. Return the measurements; raise BenchmarkError if wrk failed."""
        output = self._process.communicate()[0]
        _, found, text = output.rpartition("JSON")
        if self._process.returncode or not found:
            raise BenchmarkError(f"wrk failed: {output.strip()}")
        printed = json.loads(text)
        return Load(
            requests=printed["requests"],
            seconds=printed["microseconds"] / 1e6,
            p50=printed["p50"] / 1000,
            p99=printed["p99"] / 1000,
            longest=printed["max"] / 1000,
            failed=printed["failed"],
            broken=printed["broken"],
            ran_out=printed["ran_out"],
        )


def run(url: str, requests: Path, *, clients: int, seconds: float, repeat: bool = False) -> Load:
    """Run wrk until it ends. Return the measurements."""
    with Wrk(url, requests, clients=clients, seconds=seconds, repeat=repeat) as wrk:
        return wrk.result()


def cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
