"""Virtual environments for other people's programs, under .data, separate from this project's packages."""

import subprocess
import sys

from tests.support.stack import ROOT

FOLDER = ROOT / ".data" / "venvs"
INSTALLED_WITHIN_S = 300


class NotInstalledError(Exception):
    """Packages can't be installed here; the message says why."""


def python_with(name: str, requirements: list[str]) -> str:
    """Return the Python of the environment `name`, created on first use, with `requirements` (pip's arguments).

    Raise NotInstalledError if pip fails.
    """
    folder = FOLDER / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)
    if not stamp.is_file() or stamp.read_text() != wanted:
        sys.stdout.write(f"installing {name}'s packages …\n")
        sys.stdout.flush()
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            subprocess.run(pip, check=True, cwd=ROOT, timeout=INSTALLED_WITHIN_S, capture_output=True, text=True)
        except (subprocess.SubprocessError, OSError) as error:
            output = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise NotInstalledError(f"{name}: pip failed ({output[-1] if output else error})") from error
        stamp.write_text(wanted)
    return str(python)
