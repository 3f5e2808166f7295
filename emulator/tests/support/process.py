"""Run the emulator as a separate process, as users do."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import stripe
import urllib3

from support.running import KEY, TIMEOUT_S

ROOT = Path(__file__).resolve().parents[3]


def command(*options: str) -> list[str]:
    """Return the command line `python -m stripe_emulator …`."""
    return [sys.executable, "-m", "stripe_emulator", *options]


class Process:
    """Context manager that starts the process with these options, waits until it is ready, and kills it at the end."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self.url = ""
        self.http = urllib3.PoolManager(retries=False, timeout=20)

    def __enter__(self) -> Self:
        self.popen = subprocess.Popen(
            command(*self._options), cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
        )
        assert self.popen.stderr
        first = self.popen.stderr.readline()
        assert first.startswith("Stripe emulator on http://"), first
        self.url = first.split()[3]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.popen.kill()
        self.popen.communicate()

    @property
    def client(self) -> stripe.StripeClient:
        """The official client, pointed at this emulator."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(TIMEOUT_S)

    def stop(self) -> tuple[int, str]:
        """Stop the process with SIGTERM. Return its exit code and its output."""
        self.popen.send_signal(signal.SIGTERM)
        output = self.popen.communicate(timeout=TIMEOUT_S)[1]
        return self.popen.returncode, output
