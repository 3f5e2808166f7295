"""Processes that run next to the system and are restarted when killed: the official Stripe CLI, a second worker."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from app.devstack.dev.processes.parent_death import die_with
from app.payments.stripe.event_types import EVENT_TYPES
from tests.cli.cli import SECRET
from tests.support.emulator import KEY
from tests.support.stack import ROOT, Stack, clean_environment


class RestartedProcess:
    """Context manager that keeps a process running: it restarts whenever it ends, as with Docker's restart policy."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path = ROOT) -> None:
        self._command, self._env, self._cwd = command, env, cwd
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running)

    @property
    def pid(self) -> int:
        """The pid of the current process."""
        if self._process is None or self._process.poll() is not None:
            raise ProcessLookupError("it is being restarted")
        return self._process.pid

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        if self._process:
            self._process.terminate()
        self._thread.join()

    def _keep_running(self) -> None:
        while not self._stopped.wait(0.2):
            self._process = subprocess.Popen(
                self._command, cwd=self._cwd, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                preexec_fn=die_with(os.getpid()),
            )  # fmt: skip
            self._process.wait()


class Listener(RestartedProcess):
    """The official Stripe CLI, which also delivers events."""

    def __init__(self, program: str, stack: Stack, home: Path) -> None:
        command = [program, "listen", "--skip-update", "--api-base", stack.emulator_url]
        command += ["--events", ",".join(EVENT_TYPES), "--forward-to", f"{stack.url}/stripe-webhook/"]
        env = clean_environment() | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "STRIPE_API_KEY": KEY,
            "STRIPE_DEVICE_NAME": "chaos",
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        }
        super().__init__(command, env)

    def secret(self) -> str:
        """Return the secret that the emulator signs with for this CLI; restarts keep it."""
        run = subprocess.run([*self._command, "--print-secret"], env=self._env, check=True, capture_output=True)
        return str(SECRET.findall(run.stdout.decode())[-1])


def second_worker(stack: Stack) -> RestartedProcess:
    """Run another worker on the same database."""
    return RestartedProcess([sys.executable, "manage.py", "db_worker"], stack.env, stack.root)
