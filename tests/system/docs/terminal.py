"""Terminals of somebody who types what the README says, in a network of their own: every port is free there."""

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.cli import RunningCli
from tests.support.waiting import WITHIN_S, until
from tests.tunnel.network import ip

ACTIVATE = ". .venv/bin/activate"


class Terminal:
    """`folder` is the checkout. With an active virtual environment, unless the line that makes it comes first."""

    def __init__(self, network: str, folder: Path, env: Mapping[str, str], logs: Path) -> None:
        self._inside, self._folder, self._logs = ["ip", "netns", "exec", network], folder, logs
        self._env = {**env, "PYTHONUNBUFFERED": "1"}  # as in a terminal, whose lines appear at once

    def run(self, line: str) -> str:
        """Run a command that ends; return what it prints."""
        return self._finish([*self._inside, "sh", "-c", f"{ACTIVATE} && {line}"])

    def install(self, lines: list[str]) -> None:
        """Run commands one after the other, with the machine's own network."""
        self._finish(["sh", "-ec", "\n".join(lines)])

    def _finish(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, text=True)
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    @contextmanager
    def running(self, line: str, says: str) -> Iterator[Path]:
        """Run a command until the end of the `with`, which begins once it has printed `says`; yields its log."""
        log = self._logs / f"{secrets.token_hex(4)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [*self._inside, "sh", "-c", f"{ACTIVATE} && exec {line}"],
                cwd=self._folder, env=self._env, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        try:
            until(lambda: says in log.read_text() or process.poll() is not None, f"{says!r} from {line}")
            assert process.poll() is None, log.read_text()
            yield log
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C
            process.wait(WITHIN_S)

    def listen(self, line: str) -> RunningCli:
        """`stripe listen`, ready within the `with`."""
        return RunningCli([*self._inside, "sh", "-c", f"cd '{self._folder}' && {ACTIVATE} && exec {line}"], self._env)

    def ask(self, url: str, *options: str) -> Any:
        """Return the JSON of an HTTP answer; None if there is none."""
        command = [*self._inside, "curl", "--silent", "--max-time", "20", *options, url]
        text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return json.loads(text) if text else None


@contextmanager
def own_network() -> Iterator[str]:
    """Yield the name of a network namespace with nothing but localhost. Takes root."""
    name = f"terminal-{secrets.token_hex(3)}"
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        ip("netns", "delete", name)
