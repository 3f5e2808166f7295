"""The load generator: wrk (Debian, Ubuntu: apt install wrk), with what it measured."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "wrk.lua"
TIMEOUT = 20  # seconds for one answer


class BenchmarkError(Exception):
    """Why there is no result; for whoever started the benchmark."""


@dataclass(frozen=True)
class Load:
    """What wrk measured. Latencies are in milliseconds; `cpu` is wrk's own, in CPUs."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    failed: int  # answers with a status of 400 or more
    broken: int  # connections refused, cut or timed out
    ran_out: bool  # of requests to send, before the time was over
    cpu: float

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return (self.requests - self.failed) / self.seconds


class Wrk:
    """One run of wrk in the background: `start`, then `result`."""

    def __init__(
        self,
        url: str,
        *,
        clients: int,
        seconds: float,
        requests: Path | None = None,
        method: str = "GET",
        path: str = "/",
        threads: int = 1,
    ) -> None:
        """`requests` are files made by `payloads.write_requests`, one for each thread; else `method` and `path`."""
        program = shutil.which("wrk")
        if program is None:
            raise BenchmarkError("wrk is missing (Debian, Ubuntu: apt install wrk; macOS: brew install wrk).")
        source = [str(requests)] if requests else ["-", method, path]
        # Without --latency wrk measures the same but does not print it.
        self._command = [
            program, "-t", str(threads), "-c", str(clients), "-d", f"{seconds:.0f}s", "--timeout", f"{TIMEOUT}s",
            "-s", str(SCRIPT), url, "--", *source,
        ]  # fmt: skip
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "Wrk":
        """Start sending; returns at once."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def result(self) -> Load:
        """Wait for the end and return what was measured; raises BenchmarkError when wrk failed."""
        assert self._process, "start it first"
        assert self._process.stdout
        output = self._process.stdout.read()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        _, found, text = output.rpartition("JSON")
        if self._process.returncode or not found:
            raise BenchmarkError(f"wrk failed: {output.strip()}")
        return _load(json.loads(text), usage)


def run(url: str, **options: object) -> Load:
    """Run wrk to its end (options as for `Wrk`)."""
    return Wrk(url, **options).start().result()  # type: ignore[arg-type]


@contextmanager
def background(wrk: Wrk) -> Iterator[Wrk]:
    """`wrk` sends while the block runs."""
    yield wrk.start()


def _load(told: dict[str, int], usage: resource.struct_rusage) -> Load:
    seconds = told["microseconds"] / 1e6
    return Load(
        requests=told["requests"],
        seconds=seconds,
        p50=told["p50"] / 1000,
        p99=told["p99"] / 1000,
        longest=told["max"] / 1000,
        failed=told["failed"],
        broken=told["broken"],
        ran_out=bool(told["ran_out"]),
        cpu=(usage.ru_utime + usage.ru_stime) / seconds,
    )
