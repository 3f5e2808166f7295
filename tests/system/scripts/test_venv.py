"""`scripts/venv` installs the pinned packages once, and again only when a pin changes."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT, clean_environment

SMALL = "sqlparse"  # a package without dependencies


def pinned(package: str) -> str:
    """Return the lines of requirements.txt that pin this package."""
    found = re.search(rf"^{package}==.*\n(?: +--hash.*\n)+", (ROOT / "requirements.txt").read_text(), re.M)
    assert found
    return found.group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one small requirement and no .venv, which the first of all tests makes."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "venv").write_bytes((ROOT / "scripts" / "venv").read_bytes())
    (folder / "requirements.txt").write_text(pinned(SMALL))
    return folder


@pytest.fixture(scope="module")
def first(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The first run there."""
    return run(folder)


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "scripts/venv", "requirements.txt"],
        cwd=folder, env=clean_environment() | pip_settings(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def pip_settings() -> dict[str, str]:
    """Return this machine's settings for the package index."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def test_it_creates_the_venv_once(folder: Path, first: "subprocess.CompletedProcess[str]") -> None:
    assert first.returncode == 0, first.stderr
    assert "Creating .venv with Python 3." in first.stdout
    assert f"Successfully installed {SMALL}" in first.stdout
    again = run(folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@pytest.mark.usefixtures("first")
def test_a_package_with_another_hash_is_refused(folder: Path) -> None:
    (folder / "requirements.txt").write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, pinned("asgiref")))
    for _ in range(2):  # what failed is retried
        ran = run(folder)
        assert ran.returncode == 1
        assert "Installing failed" in ran.stderr


@pytest.mark.usefixtures("first")
def test_a_changed_pin_is_installed_without_removing_packages(folder: Path) -> None:
    (folder / "requirements.txt").write_text(pinned("asgiref"))
    assert "Successfully installed asgiref" in run(folder).stdout
    subprocess.run([folder / ".venv/bin/python", "-c", f"import asgiref, {SMALL}"], check=True)


@pytest.mark.usefixtures("first")
def test_a_broken_venv_is_recreated(folder: Path) -> None:
    (folder / ".venv/bin/python").unlink()
    (folder / ".venv/bin/python").symlink_to("/nowhere/python3")
    ran = run(folder)
    assert ran.returncode == 0, ran.stderr
    assert "Creating .venv" in ran.stdout
