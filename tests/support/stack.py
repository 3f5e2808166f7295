"""Run the real system for tests: the supervisor behind `./scripts/dev`, on free ports with its own data folder.

with Stack() as stack:
    requests.post(f"{stack.url}/api/checkout/")
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from app.devstack.dev.processes.parent_death import die_with
from tests.support.waiting import WITHIN_S

ROOT = Path(__file__).resolve().parent.parent.parent
# Edits made while tests run must not restart it.
SUPERVISOR = (sys.executable, "-m", "app.devstack.dev", "--no-reload")
# What a process needs from the machine; anything else could be a setting of the developer.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "SSL_CERT_FILE", "VIRTUAL_ENV")
STARTED = re.compile(r"(\w+) started \(pid (\d+)\)")


class Stack:
    """Context manager that runs the system; after `stop` it can start again with the same ports and data."""

    def __init__(
        self,
        *,
        root: Path = ROOT,
        command: Sequence[str] = SUPERVISOR,
        data_dir: Path | None = None,
        database_url: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run the checkout at `root` with `env` added to its environment; SQLite unless `database_url` is set."""
        self.root, self._command = root, command
        self._own_data_dir = data_dir is None
        self.data_dir = data_dir or Path(tempfile.mkdtemp(prefix="stack-"))
        self._reservations = [reserve_port(), reserve_port()]
        self.port, self.emulator_port = (each.getsockname()[1] for each in self._reservations)
        self.env = clean_environment(root) | {
            "PORT": str(self.port),
            "EMULATOR_PORT": str(self.emulator_port),
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": database_url,
            # The start-up check would create an order while the first test runs.
            "DOCTOR_AT_START": "0",
            **(env or {}),
        }
        self.process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        """The app's base URL, without a trailing slash."""
        return f"http://localhost:{self.port}"

    @property
    def emulator_url(self) -> str:
        """The emulator's base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def log(self) -> str:
        """Everything printed so far, by all starts."""
        with self._changed:
            return "\n".join(self._lines)

    @property
    def processes(self) -> dict[str, int]:
        """The latest pid of each process by name (`app`, `worker`, `emulator`, …) and of the `supervisor`."""
        found = {name: int(pid) for name, pid in STARTED.findall(self.log)}
        return found | ({"supervisor": self.process.pid} if self.process else {})

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the supervisor and return immediately."""
        self.process = subprocess.Popen(
            self._command,
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=die_with(os.getpid()),
        )
        threading.Thread(target=self._read, args=[self.process], daemon=True).start()

    def wait_until_ready(self, timeout: float = WITHIN_S) -> None:
        """Wait until this start has printed `Ready: http://…`."""
        self.wait_for_log(f"Ready: {self.url}", timeout=timeout)

    def wait_for_log(self, text: str, *, count: int = 1, timeout: float = WITHIN_S) -> None:
        """Wait until `text` has been printed `count` times; raise AssertionError with the log otherwise."""
        self._wait_until(lambda: self.log.count(text) >= count, f"{text!r} was not printed", timeout)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal to the supervisor, wait for its end, and return its exit code."""
        assert self.process, "start it first"
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(WITHIN_S)

    def close(self) -> None:
        """Stop everything and delete the stack's own data."""
        try:
            if self.process:
                self.stop()
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
            for each in self._reservations:
                each.close()
            if self._own_data_dir:
                shutil.rmtree(self.data_dir, ignore_errors=True)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py ARGUMENTS` with this stack's settings. Return its output."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root, env=self.env, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        process.wait()
        with self._changed:
            self._changed.notify_all()

    def _wait_until(self, condition: Callable[[], bool], error: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                ended = self.process is None or self.process.poll() is not None
                if ended or not self._changed.wait(max(0, deadline - time.monotonic())):
                    how = "it ended" if ended else f"within {timeout:g} s"
                    raise AssertionError(f"{error} ({how}):\n{self.log}")


def reserve_port() -> socket.socket:
    """Reserve a free port of 127.0.0.1: while the socket is open, only a server with SO_REUSEADDR can bind it."""
    reservation = socket.socket()
    # Not listening, so a server with the same option can bind the port; a request for a free port never returns it.
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.bind(("127.0.0.1", 0))
    return reservation


def clean_environment(root: Path = ROOT) -> dict[str, str]:
    """Return the machine's environment without the developer's settings; what this checkout's `.env` sets is empty."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return dict.fromkeys(names_in(ROOT / ".env"), "") | inherited if root == ROOT else inherited


def names_in(env_file: Path) -> list[str]:
    """Return the variables that the file sets; none if there is no file."""
    try:
        text = env_file.read_text(errors="replace")
    except OSError:
        return []
    return re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", text, re.M)
