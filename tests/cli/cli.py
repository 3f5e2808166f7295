"""Run the official Stripe CLI as a process with its own home folder."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from app.devstack.dev.processes.parent_death import die_with
from tests.cli.installed import ROOT
from tests.cli.local_stripe import KEY, LocalStripe
from tests.support.stack import clean_environment
from tests.support.waiting import until

SECRET = re.compile(r"whsec_\w+")


class Cli:
    """Runs commands of one device against one emulator."""

    def __init__(self, binary: str, stripe: LocalStripe, home: Path, device: str = "laptop") -> None:
        self.stripe = stripe
        self._binary = binary
        self._env = clean_environment() | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "STRIPE_API_KEY": KEY,
            "STRIPE_DEVICE_NAME": device,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            # Some commands check for updates first; this refuses it.
            "HTTPS_PROXY": "http://127.0.0.1:9",
        }

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command that ends on its own."""
        command = [self._binary, *arguments, "--api-base", self.stripe.url]
        return subprocess.run(
            command, env=self._env | (env or {}), capture_output=True, text=True, timeout=60, check=False
        )

    def listen(self, *arguments: str, events: Sequence[str] = ()) -> "RunningCli":
        """Return `stripe listen`, ready inside `with`."""
        chosen = ["--events", ",".join(events)] if events else ["--all-snapshot"]
        return RunningCli([self._binary, "listen", "--skip-update", *chosen, *arguments, *self._api_options], self._env)

    def tail(self, *arguments: str) -> "RunningCli":
        """Return `stripe logs tail`, ready inside `with`."""
        return RunningCli([self._binary, "logs", "tail", *arguments, *self._api_options], self._env)

    @property
    def _api_options(self) -> list[str]:
        return ["--api-base", self.stripe.url]

    def over_socket(self, *arguments: str, events: Sequence[str]) -> "RunningCli":
        """Return `stripe listen` over the Unix socket."""
        command = [self._binary, "listen", "--skip-update", "--events", ",".join(events), *arguments]
        return RunningCli(command, self._env_of_socket)

    def kept_alive(self, forward_to: str, *, events: Sequence[str]) -> "RunningCli":
        """Return scripts/stripe-listen, which restarts the CLI when it exits or hangs, over the Unix socket."""
        home = Path(self._env["HOME"])
        env = self._env_of_socket | {
            "PATH": f"{Path(self._binary).parent}:{self._env['PATH']}",
            "TMPDIR": str(home),
            "STRIPE_EVENTS": ",".join(events),
            "STRIPE_FORWARD_TO": forward_to,
            "STRIPE_WEBHOOK_SECRET_FILE": str(home / "secret"),
        }
        return RunningCli(["sh", str(ROOT / "scripts" / "stripe-listen")], env, ready="connected to")

    @property
    def _env_of_socket(self) -> dict[str, str]:
        """The CLI would use a proxy even for the socket."""
        env = {name: value for name, value in self._env.items() if name != "HTTPS_PROXY"}
        return env | {"STRIPE_CLI_UNIX_SOCKET": str(self.stripe.socket)}


class RunningCli:
    """Context manager for a command that runs until it is stopped."""

    def __init__(self, command: list[str], env: dict[str, str], ready: str = "Ready!") -> None:
        self._command, self._env, self._ready = command, env, ready
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the command and wait until it is ready."""
        before = self.output.count(self._ready)
        self.process = subprocess.Popen(
            self._command,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=die_with(os.getpid()),
        )
        self._reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self._reader.start()
        until(lambda: self.output.count(self._ready) > before or self.process.poll() is not None, "the CLI is ready")
        assert self.process.poll() is None, self.output

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            self._lines.append(line)
        process.stdout.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop the command if it runs. Return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(30)
        return code

    @property
    def output(self) -> str:
        """Everything printed so far, by all starts."""
        return "".join(self._lines)

    @property
    def secret(self) -> str:
        """The last printed signing secret."""
        return str(SECRET.findall(self.output)[-1])

    def await_output(self, text: str) -> None:
        """Wait until the command has printed `text`."""
        until(lambda: text in self.output, f"{text!r} in the CLI's output")
