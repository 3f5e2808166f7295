"""A checkout of its own for each test that edits files or writes a `.env`."""

import shutil
from pathlib import Path

from tests.support.stack import ROOT

CODE = ("app", "emulator", "scripts", "manage.py", "requirements.txt", "requirements-dev.txt", "pyproject.toml",
        "docker-compose.yml")  # fmt: skip


def copy_code(to: Path) -> Path:
    """A copy of the code as it is now in the new folder `to`, with the installed packages of this checkout."""
    to.mkdir()
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            # With what is compiled, which stays valid; but not with what somebody is just compiling.
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(source, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")
    return to
