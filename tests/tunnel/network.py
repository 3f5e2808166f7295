"""Three computers connected only by cables: the backend's PC, another PC, and the tunnel company's cloud.

Each is a network namespace with its own address. Both PCs share a LAN, and all three an "internet":

    192.168.77.1  backend ──LAN── other  192.168.77.2
    203.0.113.10  backend ──┐  ┌── other  203.0.113.20
                          cloud  203.0.113.1
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.devstack.dev.processes.parent_death import die_with

ROOT = Path(__file__).resolve().parents[2]
LAN = "192.168.77"
INTERNET = "203.0.113"  # TEST-NET-3: for documentation (RFC 5737)
ADDRESSES = {"backend": 10, "other": 20}
CLOUD_ADDRESS = f"{INTERNET}.1"
BACKEND_ON_LAN = f"{LAN}.1"
STOP_WITHIN_S = 20.0


class Network:
    """Context manager for the network; needs root and iproute2."""

    def __init__(self, folder: Path) -> None:
        self._tag = secrets.token_hex(3)  # several test processes at once
        self._folder = folder
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        try:
            self._connect()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def name(self, computer: str) -> str:
        """Return the computer's namespace."""
        return f"{computer}-{self._tag}"

    def on(self, computer: str, *command: object) -> list[str]:
        """Return the command line that runs `command` on that computer."""
        return ["ip", "netns", "exec", self.name(computer), *map(str, command)]

    def start(self, computer: str, *command: object, env: Mapping[str, str], log: Path) -> "subprocess.Popen[str]":
        """Start a process there; it ends with the network, and its output goes to `log`."""
        with log.open("a") as file:
            process = subprocess.Popen(
                self.on(computer, *command),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                text=True,
                preexec_fn=die_with(os.getpid()),
                cwd=ROOT,
            )
        self._processes.append(process)
        return process

    def run(self, computer: str, *command: object, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a command there until it ends."""
        settings: dict[str, Any] = {"text": True, "capture_output": True, "timeout": 120, "cwd": ROOT, "check": False}
        done: subprocess.CompletedProcess[str] = subprocess.run(self.on(computer, *command), **(settings | options))
        return done

    def resolve(self, computer: str, *names: str) -> None:
        """Resolve these names to the cloud, for programs started on that computer from now on."""
        # `ip netns exec` mounts this file over /etc/hosts for its command.
        hosts = Path("/etc/netns") / self.name(computer) / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        with hosts.open("a") as file:
            file.write("127.0.0.1 localhost\n" + "".join(f"{CLOUD_ADDRESS} {name}\n" for name in names))

    def stop(self, process: "subprocess.Popen[str]") -> None:
        """Stop a process that was started here."""
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_WITHIN_S)

    def _connect(self) -> None:
        for computer in ("cloud", *ADDRESSES):
            ip("netns", "add", self.name(computer))
            self._ip("link", "set", "lo", "up", on=computer)
        self._ip("link", "add", "internet", "type", "bridge", on="cloud")
        self._ip("addr", "add", f"{CLOUD_ADDRESS}/24", "dev", "internet", on="cloud")
        self._ip("link", "set", "internet", "up", on="cloud")
        for computer, number in ADDRESSES.items():
            self._cable(("cloud", computer), (computer, "wan"))
            self._ip("link", "set", computer, "master", "internet", on="cloud")
            self._ip("addr", "add", f"{INTERNET}.{number}/24", "dev", "wan", on=computer)
        self._cable(("backend", "lan"), ("other", "lan"))
        for number, computer in enumerate(ADDRESSES, start=1):
            self._ip("addr", "add", f"{LAN}.{number}/24", "dev", "lan", on=computer)
            self._ip("route", "add", "default", "via", CLOUD_ADDRESS, on=computer)

    def _cable(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        """Connect two computers with a cable; each end is (computer, interface)."""
        ends = ("netns", self.name(one[0]), "type", "veth", "peer", "name", other[1], "netns", self.name(other[0]))
        ip("link", "add", one[1], *ends)
        for computer, interface in (one, other):
            self._ip("link", "set", interface, "up", on=computer)

    def _ip(self, *arguments: str, on: str) -> None:
        ip("-n", self.name(on), *arguments)

    def _remove(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                self.stop(process)
        for computer in ("cloud", *ADDRESSES):
            with suppress(AssertionError):
                ip("netns", "delete", self.name(computer))
            shutil.rmtree(Path("/etc/netns") / self.name(computer), ignore_errors=True)


def ip(*arguments: str) -> None:
    """Run iproute2's `ip`; raise AssertionError with its error output."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"ip {' '.join(arguments)}: {done.stderr}")


def lacking(programs: Sequence[str] = ("ip", "openssl")) -> str:
    """Return what this machine lacks for the network; empty if nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in programs if not shutil.which(program)]
    return f"no {', '.join(missing)} (Debian: apt install iproute2 openssl)" if missing else ""
