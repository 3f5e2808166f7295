"""A long-running process: restarted when it ends, and stopped together with its children."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any

from app.devstack.dev import output
from app.devstack.dev.processes.parent_death import die_with

FIRST_DELAY_S = 0.25
# After running this long, a process restarts with the shortest delay again.
STEADY_AFTER_S = 10.0
# Longer than a request to a slow Stripe takes.
STOP_WITHIN_S = 8.0

_group_leaders: set[int] = set()


class Process:
    """A command that keeps running until its task is canceled."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        after_start: Callable[[], Coroutine[Any, Any, None]] | None = None,
        on_line: Callable[[str], None] | None = None,
        longest_delay_s: float = 10.0,
    ) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._after_start = after_start
        self._on_line = on_line or output.writer(name)
        self._longest_delay_s = longest_delay_s
        self._restart = asyncio.Event()

    async def keep_running(self) -> None:
        """Run until canceled. Restart with growing delays while the process keeps failing."""
        delay = FIRST_DELAY_S
        while True:
            started = time.monotonic()
            ending = await self._run_until_end_or_restart()
            if time.monotonic() - started > STEADY_AFTER_S:
                delay = FIRST_DELAY_S
            if ending is None:
                continue
            output.say(f"{self.name} {ending}; restarting in {delay:g} s.")
            await self._pause(delay)
            delay = min(delay * 2, self._longest_delay_s)

    def restart(self) -> None:
        """Restart the process at once."""
        self._restart.set()

    async def _run_until_end_or_restart(self) -> str | None:
        """Return how the process ended, or None if it was stopped for a restart."""
        self._restart.clear()
        run = asyncio.create_task(run_once(self.name, self._command, self._env, self._on_line))
        restart = asyncio.create_task(self._restart.wait())
        after_start = asyncio.create_task(self._after_start()) if self._after_start else None
        try:
            await asyncio.wait([run, restart], return_when=asyncio.FIRST_COMPLETED)
            return describe_ending(run.result()) if run.done() else None
        finally:
            for task in filter(None, [restart, after_start, run]):
                task.cancel()
            await _finish(run)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._restart.wait(), seconds)


async def run_once(
    name: str,
    command: Sequence[str],
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    *,
    announce: bool = True,
) -> int:
    """Run a command to its end and return its exit code. When canceled, stop the command first."""
    readable, writable = os.pipe()
    try:
        # In its own session: Ctrl-C reaches only the supervisor, and a signal to the group also reaches grandchildren.
        process = await asyncio.create_subprocess_exec(
            *command, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=writable, stderr=writable,
            start_new_session=True, preexec_fn=die_with(os.getpid()),
        )  # fmt: skip
    finally:
        os.close(writable)
    _group_leaders.add(process.pid)
    if announce:
        output.say(f"{name} started (pid {process.pid}).")
    forwarding = asyncio.create_task(_forward(readable, on_line))
    try:
        return await process.wait()
    finally:
        await _finish(asyncio.create_task(_end(process, forwarding)))


async def _finish(task: "asyncio.Task[Any]") -> None:
    """Wait for the task even if canceled; the cancellation takes effect afterwards."""
    canceled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            canceled = error
    if canceled:
        raise canceled


async def _end(process: asyncio.subprocess.Process, forwarding: asyncio.Task[None]) -> None:
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
    # Kill what is left of its group: workers of a killed gunicorn hold the port for a second.
    _signal_group(process.pid, signal.SIGKILL)
    await process.wait()
    _group_leaders.discard(process.pid)
    with contextlib.suppress(TimeoutError):  # a process that left its group may hold the pipe forever
        await asyncio.wait_for(forwarding, 1)


def kill_everything() -> None:
    """Kill all processes, on the second Ctrl-C."""
    for leader in _group_leaders:
        _signal_group(leader, signal.SIGKILL)


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def describe_ending(code: int) -> str:
    """Return an exit code as text, for the log."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"stopped with exit code {code}"


async def _forward(descriptor: int, on_line: Callable[[str], None]) -> None:
    async for line in _lines(descriptor):
        on_line(line)


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """Yield every line until all writers have closed. readline() would fail on lines above its limit."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    rest = b""
    while chunk := await reader.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")
    if rest:
        yield rest.decode(errors="replace")
    transport.close()
