"""`scripts/venv`: installs what is pinned, once, and again only when that changed."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT, clean_environment

SMALL = "sqlparse"  # a package without dependencies


def pinned(package: str) -> str:
    """The lines of requirements.txt that pin this package with its hashes."""
    found = re.search(rf"^{package}==.*\n(?: +--hash.*\n)+", (ROOT / "requirements.txt").read_text(), re.M)
    assert found
    return found.group()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout that needs one small package, without a .venv."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "venv").write_bytes((ROOT / "scripts" / "venv").read_bytes())
    (tmp_path / "requirements.txt").write_text(pinned(SMALL))
    return tmp_path


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "scripts/venv", "requirements.txt"],
        cwd=folder, env=clean_environment() | pip_settings(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def pip_settings() -> dict[str, str]:
    """This machine's way to its package index."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def test_it_makes_the_folder_installs_visibly_and_then_has_nothing_to_do(folder: Path) -> None:
    first = run(folder)
    assert first.returncode == 0, first.stderr
    assert "Making .venv with Python 3." in first.stdout
    assert f"Successfully installed {SMALL}" in first.stdout
    again = run(folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_it_installs_again_when_a_pin_changed_but_removes_nothing(folder: Path) -> None:
    assert run(folder).returncode == 0
    (folder / "requirements.txt").write_text(pinned("asgiref"))
    assert "Successfully installed asgiref" in run(folder).stdout
    listed = subprocess.run([folder / ".venv/bin/python", "-m", "pip", "list"], capture_output=True, text=True).stdout
    assert SMALL in listed


def test_it_makes_a_broken_folder_anew(folder: Path) -> None:
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    ran = run(folder)
    assert ran.returncode == 0, ran.stderr
    assert "Making .venv" in ran.stdout


def test_a_package_that_is_not_the_pinned_one_is_refused(folder: Path) -> None:
    text = (folder / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, text))
    ran = run(folder)
    assert ran.returncode == 1
    assert "Installing failed" in ran.stderr
    assert not (folder / ".venv" / "installed-requirements.txt").exists()
