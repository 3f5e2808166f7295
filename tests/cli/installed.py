"""Install Stripe's official CLI and Node package into .venv, once."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
(CLI_VERSION,) = re.findall(r"image: stripe/stripe-cli:v([\d.]+)", (ROOT / "docker-compose.yml").read_text())
NODE_PACKAGE_VERSION = "23.1.0"
MACHINES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class CliMissingError(Exception):
    """This machine has no Stripe CLI and can't fetch one. The message says what to install."""


def stripe_cli() -> str:
    """Return the path of the Stripe CLI. Without one, skip the test; in CI, fail it."""
    try:
        return find_stripe_cli()
    except CliMissingError as reason:
        not_here(str(reason))
        raise


def find_stripe_cli() -> str:
    """Return the path of the Stripe CLI: the pinned one if npm can fetch it, otherwise the one on PATH."""
    platform_name = f"cli-{platform.system().lower()}-{MACHINES.get(platform.machine(), '')}"
    pinned = _npm_folder("stripe-cli", CLI_VERSION) / "node_modules" / "@stripe" / platform_name / "bin" / "stripe"
    if shutil.which("npm") and not pinned.exists():
        npm_package("@stripe/cli", CLI_VERSION, "stripe-cli")
    found = str(pinned) if pinned.exists() else shutil.which("stripe")
    if found is None:
        raise CliMissingError(
            "no Stripe CLI, and no npm to fetch it (Debian, Ubuntu: apt install npm, or "
            "https://docs.stripe.com/stripe-cli/install)"
        )
    return found


def npm_package(name: str, version: str, folder: str) -> Path:
    """Install the package if needed, one process at a time. Return its folder."""
    target = _npm_folder(folder, version)
    _npm_install(target, f"node_modules/{name}", f"{name}@{version}")
    return target


def npm_project(package: Path) -> Path:
    """Install what a package.json names if needed, one process at a time. Return the folder with its node_modules."""
    target = _npm_folder(package.parent.name, hashlib.sha256(package.read_bytes()).hexdigest()[:12])
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(package, target)
    # Optional packages and scripts bring compilers for this machine, which nothing here runs.
    _npm_install(target, "node_modules/.package-lock.json", "--omit=optional", "--ignore-scripts")
    return target


def _npm_install(target: Path, made: str, *arguments: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / made).exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(target), *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _npm_folder(name: str, version: str) -> Path:
    return ROOT / ".venv" / name / version


def not_here(missing: str) -> None:
    """Skip the test; in CI, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{missing} on this machine")
    pytest.skip(f"{missing} on this machine")
