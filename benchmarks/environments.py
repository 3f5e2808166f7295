"""Virtual environments for peers, under .data/benchmarks: what they need never mixes with what we need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".data" / "benchmarks"


def python_with(name: str, requirements: list[str]) -> str:
    """The Python of the environment `name`, made on first use, with `requirements` (pip's arguments) installed."""
    folder = FOLDER / f"venv-{name}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)
    if not stamp.is_file() or stamp.read_text() != wanted:
        sys.stdout.write(f"installing {name}'s packages …\n")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements], check=True, cwd=ROOT
        )
        stamp.write_text(wanted)
    return str(python)
