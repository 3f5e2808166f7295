"""Copy the checkout for a test that edits files or writes a `.env`."""

import shutil
from pathlib import Path

from tests.support.stack import ROOT

CODE = ("app", "emulator", "scripts", "manage.py", "requirements.txt", "requirements-dev.txt", "pyproject.toml",
        "docker-compose.yml")  # fmt: skip


def copy_code(to: Path) -> Path:
    """Copy the current code into the new folder `to`; the installed packages are shared."""
    to.mkdir()
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            # Includes compiled files, which stay valid, but not the ones that are being written right now.
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(source, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")
    return to
