"""Start a server, wait for it, and end it with all its children."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3

from tests.support.stack import ROOT, clean_environment, reserve_port

UP_WITHIN_S = 60.0


class Server:
    """Context manager that runs `command`, with PORT replaced. It waits for 200 from `health`, or for an open port."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], *, log: Path, health: str | None = "/healthz"
    ) -> None:
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [part.replace("PORT", str(self.port)) for part in command]
        self._env = clean_environment() | {"PORT": str(self.port), "PYTHONPATH": str(ROOT)} | dict(env)
        self._log, self._health = log, health

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The first process's pid; its children are in the same process group."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the first process has ended."""
        return self._process.poll() is not None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the first process."""
        self._process.send_signal(number)

    def _wait(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command[0]} did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _is_up(self) -> bool:
        if self._health is not None:
            return answers(self.url + self._health)
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reservation.close()


def answers(url: str) -> bool:
    """Return whether GET `url` returns 200."""
    try:
        return urllib3.request("GET", url, retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False
