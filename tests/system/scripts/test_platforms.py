"""What can be checked on one machine of the platforms in docs/platforms.md."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Stack, clean_environment
from tests.system.scripts.shop import await_status, check_out, pay

# As uv names them. A manylinux wheel needs a glibc of at least that version: Debian 12 has 2.36.
GLIBC = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
MACOS = ("x86_64-apple-darwin", "aarch64-apple-darwin")
MUSL = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl")
# Tests need Chromium's driver, of which there is none for musl.
LOCKS = [*(("requirements-dev.txt", each) for each in GLIBC + MACOS), *(("requirements.txt", each) for each in MUSL)]
PYTHONS = ["3.11", "3.13"]  # the oldest that is supported, and that of the image
# The others run in containers.
ON_DESKTOPS = ("backup", "dev", "doctor", "lint", "lock", "restore", "run", "screenshots", "test", "venv")
# What the bash 3.2 of macOS does not know, and GNU's additions to tools that macOS has from BSD.
MISSING_ON_MACOS = [
    re.compile(r"\b(?:mapfile|readarray|coproc)\b|\b(?:declare|local) -[a-zA-Z]*[An]\b|\$\{\w+(?:,|\^|@[A-Z])"),
    re.compile(r"&>>|\|&|;;?&|\[\[ -v "),
    re.compile(r"\bsed\b[^|\n]*\\[|+?]|\bsed +-[a-zA-Z]*[ir]\b|\breadlink -f\b|\bstat -c\b|[^t] grep -[a-zA-Z]*P\b"),
]
EMPTY_ARRAY = re.compile(r"\b(\w+)=\(\)")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("lock", "platform"), LOCKS)
def test_every_pinned_package_has_a_wheel(lock: str, platform: str, python: str, tmp_path: Path) -> None:
    wanted = ["--only-binary", ":all:", "--python-platform", platform, "--python-version", python, "--require-hashes"]
    install = ["uv", "pip", "install", "--dry-run", "--target", str(tmp_path / "packages"), "-r", lock]
    found = subprocess.run([*install, *wanted], cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "Would install" in found.stderr


@pytest.mark.parametrize("script", ON_DESKTOPS)
def test_scripts_use_nothing_that_macos_lacks(script: str) -> None:
    text = (ROOT / "scripts" / script).read_text()
    assert [found for missing in MISSING_ON_MACOS for found in missing.findall(text)] == []
    # With `set -u`, bash before 4.4 takes an empty array for one that is not set.
    assert [name for name in EMPTY_ARRAY.findall(text) if f'"${{{name}[@]}}"' in text] == []


@pytest.fixture(scope="module")
def windows_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone made by a git that is set up as on Windows, in a folder with spaces and other letters in its name."""
    folder = tmp_path_factory.mktemp("home") / "Müllers Läden – магазин & co"
    clone = ["git", "clone", "--quiet", "--config", "core.autocrlf=true", f"file://{ROOT}", str(folder)]
    subprocess.run(clone, check=True, capture_output=True)
    return folder


def test_line_ends_stay_as_they_are_in_a_windows_checkout(windows_checkout: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=windows_checkout, check=True, capture_output=True, text=True)
    changed = [name for name in listed.stdout.split("\0")[:-1]
               if (windows_checkout / name).read_bytes() != committed(name)]  # fmt: skip
    assert changed == []


def committed(name: str) -> bytes:
    """The file as it is in the repository."""
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, check=True, capture_output=True).stdout


@pytest.fixture
def dev(windows_checkout: Path) -> Iterator[Stack]:
    """`./scripts/dev` there, with its data in the folder itself."""
    (windows_checkout / ".venv").symlink_to(ROOT / ".venv")
    stack = Stack(root=windows_checkout, command=("./scripts/dev",), data_dir=windows_checkout / ".data")
    with stack:
        yield stack


def test_payment_settles_from_a_folder_with_spaces_and_other_letters(dev: Stack) -> None:
    started = check_out(dev)
    pay(dev.emulator_url, dev, started)
    await_status(dev, started, "paid")
    assert (dev.data_dir / "db.sqlite3").exists()
    # In a second terminal, which finds the running stack by its folder.
    run = ["./scripts/run", "shell", "--command", "from django.conf import settings; print(settings.DATA_DIR)"]
    told = subprocess.run(run, cwd=dev.root, env=clean_environment(dev.root), capture_output=True, text=True)
    assert str(dev.data_dir) in told.stdout, told.stderr
