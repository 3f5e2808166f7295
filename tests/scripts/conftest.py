"""A checkout of its own for each test that edits files or writes a `.env`."""

import shutil
from pathlib import Path

import pytest

from tests.stack import ROOT

CODE = ("app", "stripe_emulator", "scripts", "manage.py", "requirements.txt", "requirements-dev.txt", "pyproject.toml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code as it is now, with the installed packages of this one."""
    copy = tmp_path / "check out"  # a folder's name may hold a space
    copy.mkdir()
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy
