"""Run a Docker engine for the tests: install what is missing (Debian, as root), then start dockerd.

It has its own socket, data directory and client configuration, so that stand-ins with the names of public images
never enter the user's engine. The data directory is kept: the next run reuses its images.
"""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from ipaddress import ip_network
from pathlib import Path

from docker import DockerClient

from tests.support.waiting import until

HOME = Path(os.environ.get("COMPOSE_TESTS_HOME") or Path.home() / ".cache" / "compose-tests")
DEBIAN_PACKAGES = {
    "dockerd": "docker.io",
    "debootstrap": "debootstrap",
    "openssl": "openssl",
    "npm": "npm",
    "ip": "iproute2",
    "chromium-headless-shell": "chromium-headless-shell",
    "dpkg-deb": "dpkg",
}
SUITE = "trixie"  # of the base images, and the first Debian with Compose v2


class EngineMissingError(Exception):
    """No Docker engine can be started here."""


@dataclass
class Engine:
    """A client whose commands always reach this engine. `daemon` is its process, if it was started here.

    Its data are in `home`. `prefix` runs the daemon elsewhere, as in a network namespace (`ip netns exec NAME`).
    """

    home: Path = HOME
    prefix: tuple[str, ...] = ()
    daemon: "subprocess.Popen[bytes] | None" = None

    @property
    def socket(self) -> Path:
        return self.home / "docker.sock"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))}
        return inherited | {"DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(HOME / "docker-config")}

    def run(self, *command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        settings: dict[str, object] = {"env": self.environment, "text": True, "capture_output": True, "timeout": 600}
        result: subprocess.CompletedProcess[str] = subprocess.run(command, check=False, **(settings | options))  # type: ignore[call-overload]
        return result

    def docker(self, *arguments: str | Path, **options: object) -> str:
        """Run docker and return its output; raise AssertionError with the output on failure."""
        result = self.run("docker", *arguments, **options)
        if result.returncode:
            output = f"{result.stdout}{result.stderr}"
            raise AssertionError(f"docker {' '.join(map(str, arguments))}: {result.returncode}\n{output}")
        return result.stdout.strip()

    @cached_property
    def api(self) -> DockerClient:
        """The engine's API: for what is asked again and again, because each `docker` is a large program that starts."""
        return DockerClient(base_url=f"unix://{self.socket}")

    @property
    def host_address(self) -> str:
        """This machine's address on the engine's bridge, which containers can reach."""
        bridge = json.loads(self.docker("network", "inspect", "bridge"))[0]
        # The first address is the host's; an engine's first start names no "Gateway".
        return str(ip_network(bridge["IPAM"]["Config"][0]["Subnet"])[1])

    def answers(self) -> bool:
        return self.run("docker", "version").returncode == 0

    def start(self) -> None:
        """Start the daemon, and wait for it."""
        own = {"data-root": "docker", "exec-root": "exec", "pidfile": "dockerd.pid"}
        options = [f"--{name}={self.home / path}" for name, path in own.items()]
        # Left behind by a daemon that was killed: their processes may be gone, or zombies that nobody waits for.
        for pid in ("dockerd.pid", "exec/containerd/containerd.pid"):
            (self.home / pid).unlink(missing_ok=True)
        with (self.home / "dockerd.log").open("a") as log:
            command = [*self.prefix, "dockerd", *options, f"--host=unix://{self.socket}"]
            self.daemon = daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(lambda: self.answers() or daemon.poll() is not None, "dockerd responds")
        if daemon.poll() is not None:
            raise EngineMissingError(f"dockerd did not start:\n{(self.home / 'dockerd.log').read_text()[-2000:]}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send the daemon a signal that ends it, and wait."""
        assert self.daemon
        self.daemon.send_signal(number)
        self.daemon.wait(60)


@contextmanager
def running_engine() -> Iterator[Engine]:
    """Start the engine if it does not run; stop it only if it was started here."""
    if os.geteuid() != 0:
        raise EngineMissingError("tests/compose starts its own Docker engine, which needs root (sudo)")
    HOME.mkdir(parents=True, exist_ok=True)
    install_packages()
    install_compose()
    engine = Engine()
    if engine.answers():
        yield engine
        return
    if os.environ.get("CI") != "true" and _users_engine_answers():
        raise EngineMissingError(
            "a Docker engine is running, and a second one would rewrite its firewall rules; stop it first"
        )
    had_bridge = Path("/sys/class/net/docker0").exists()
    (HOME / "dockerd.log").unlink(missing_ok=True)
    try:
        engine.start()
        for leftover in engine.api.containers.list(all=True):  # of an interrupted run: they come back with the engine
            leftover.remove(force=True, v=True)
        yield engine
    finally:
        engine.stop()
        unmount_below(HOME / "exec")  # a container in the host's network leaves one mount
        if not had_bridge:
            subprocess.run(["ip", "link", "delete", "docker0"], check=False, capture_output=True)


def unmount_below(folder: Path) -> None:
    """Unmount whatever is mounted below a folder."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed([each for each in mounts if each.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", mount], check=False)


def _users_engine_answers() -> bool:
    client = ["docker", "--host", "unix:///var/run/docker.sock", "version"]
    return subprocess.run(client, capture_output=True, check=False).returncode == 0


def install_packages() -> None:
    missing = sorted({package for command, package in DEBIAN_PACKAGES.items() if not shutil.which(command)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise EngineMissingError(f"tests/compose needs {', '.join(missing)}, which it can install only on Debian")
    apt("update", "-qq")
    apt("install", "-y", "-qq", "--no-install-recommends", *missing)
    if not shutil.which("docker"):  # a separate package since Debian 13
        apt("install", "-y", "-qq", "--no-install-recommends", "docker-cli")


def install_compose() -> None:
    """Install Compose v2 from the first Debian release that has it, without anything else of that release."""
    plugin = HOME / "docker-config" / "cli-plugins" / "docker-compose"
    if plugin.exists():
        return
    package = download("docker-compose")
    subprocess.run(["dpkg-deb", "-x", package, HOME / "compose"], check=True)
    plugin.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME / "compose/usr/libexec/docker/cli-plugins/docker-compose", plugin)


def debian_mirror() -> str:
    """Return the URL of this machine's Debian mirror."""
    ask = ["indextargets", "--format", "$(SITE)", "Label: Debian"]
    if not apt(*ask):
        apt("update", "-qq")  # the label comes with the lists
    sites = apt(*ask).split()
    if not sites:
        raise EngineMissingError("this machine has no Debian package source; tests/compose needs one")
    return sites[0]


_downloading = threading.Lock()


def download(package: str) -> Path:
    """Download one package of SUITE. Return its path."""
    with _downloading:
        return _download(package)


@cache
def _download(package: str) -> Path:
    folder = HOME / "apt/downloads"
    folder.mkdir(parents=True, exist_ok=True)
    debian(SUITE, HOME / "apt", "deb")("download", "-qq", package, cwd=folder)
    return next(folder.glob(f"{package}_*.deb"))


def debian(suite: str, lists: Path, *kinds: str) -> Callable[..., str]:
    """Return `apt` for another release of Debian, from the machine's mirror, without touching its package lists.

    `kinds` are deb and deb-src.
    """
    for folder in ("parts", "lists/partial", "archives/partial"):
        (lists / folder).mkdir(parents=True, exist_ok=True)
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources = [f"{kind} [signed-by={keys}] {debian_mirror()} {suite} main\n" for kind in kinds]
    (lists / "parts/suite.list").write_text("".join(sources))
    own = {
        "Dir::Etc::SourceList": os.devnull,
        "Dir::Etc::SourceParts": lists / "parts",
        "Dir::State::Lists": lists / "lists",
        "Dir::Cache": lists,
        "APT::Sandbox::User": "root",
    }
    options = [f"-o{name}={value}" for name, value in own.items()]
    apt(*options, "update", "-qq")
    return partial(apt, *options)


def apt(*arguments: str, cwd: Path | None = None) -> str:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", *arguments]
    result = subprocess.run(command, env=environment, cwd=cwd, text=True, capture_output=True, check=False)
    if result.returncode:
        raise EngineMissingError(f"apt-get {' '.join(arguments)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout
