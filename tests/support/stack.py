"""The real system, for tests: the supervisor behind `./scripts/dev` on free ports with a folder of its own.

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
# Not restarted by an edit that somebody makes while tests run.
SUPERVISOR = (sys.executable, "-m", "app.devstack.dev", "--no-reload")
# What a process needs from the machine. The rest could be settings of whoever runs the tests.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "SSL_CERT_FILE", "VIRTUAL_ENV")
STARTED = re.compile(r"(\w+) started \(pid (\d+)\)")


class Stack:
    """A context manager; usable again after `stop`, with the same ports and data."""

    def __init__(
        self,
        *,
        root: Path = ROOT,
        command: Sequence[str] = SUPERVISOR,
        data_dir: Path | None = None,
        database_url: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`root` is the checkout to run; `env` is added to its environment. SQLite while there is no `database_url`."""
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
            # It would make an order of its own while the first test runs.
            "DOCTOR_AT_START": "0",
            **(env or {}),
        }
        self.process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._news = threading.Condition()

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
        """Everything printed so far, over all starts."""
        with self._news:
            return "\n".join(self._lines)

    @property
    def processes(self) -> dict[str, int]:
        """The newest pid of each process by its name (`app`, `worker`, `emulator`, …) and of the `supervisor`."""
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
        """Starts the supervisor and returns at once."""
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
        """Until this start has printed `Ready: http://…`."""
        self.wait_for_log(f"Ready: {self.url}", timeout=timeout)

    def wait_for_log(self, text: str, *, count: int = 1, timeout: float = WITHIN_S) -> None:
        """Until `text` has been printed `count` times; AssertionError with the log when that does not happen."""
        self._wait_until(lambda: self.log.count(text) >= count, f"{text!r} was not printed", timeout)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal to the supervisor and returns its exit code once it has ended."""
        assert self.process, "start it first"
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(WITHIN_S)

    def close(self) -> None:
        """Stops everything and removes what was made for it."""
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
        """What `manage.py ARGUMENTS` prints, run with the settings of this stack."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root, env=self.env, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            with self._news:
                self._lines.append(line.rstrip("\n"))
                self._news.notify_all()
        process.wait()
        with self._news:
            self._news.notify_all()

    def _wait_until(self, condition: Callable[[], bool], complaint: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._news:
            while not condition():
                ended = self.process is None or self.process.poll() is not None
                if ended or not self._news.wait(max(0, deadline - time.monotonic())):
                    how = "it ended" if ended else f"within {timeout:g} s"
                    raise AssertionError(f"{complaint} ({how}):\n{self.log}")


def reserve_port() -> socket.socket:
    """A port of 127.0.0.1 that nobody else is given while the socket is open, and that a server can still use."""
    reservation = socket.socket()
    # Not listening, so a server with the same option may bind it as well; asking for a free port avoids it.
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.bind(("127.0.0.1", 0))
    return reservation


def clean_environment(root: Path = ROOT) -> dict[str, str]:
    """The machine's environment without anyone's settings: what this checkout's own `.env` sets is set to nothing."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return dict.fromkeys(names_in(ROOT / ".env"), "") | inherited if root == ROOT else inherited


def names_in(env_file: Path) -> list[str]:
    """The variables that the file sets; none when there is no file."""
    try:
        text = env_file.read_text(errors="replace")
    except OSError:
        return []
    return re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", text, re.M)
