"""What ./scripts/dev tells of the tunnels that it runs, in a file of DATA_DIR.

A command in another terminal, like the doctor, has not its environment, and does not read what the programs complain
of.
"""

import json
from pathlib import Path
from typing import NamedTuple

FILE = "tunnels.json"


class Running(NamedTuple):
    """A tunnel's program: where its agent answers; why there is no tunnel, as in `Explanation`, if that is known."""

    api: str = ""
    cause: str = ""
    remedy: str = ""


def running(data_dir: Path) -> dict[str, Running]:
    """By the program's name; empty when ./scripts/dev runs none."""
    try:
        told = json.loads((data_dir / FILE).read_text())
        return {name: Running(*fields) for name, fields in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def tunnels(base_dir: Path) -> list[str]:
    """The names of the tunnels that the app knows; none in an image without app.devstack."""
    return sorted(path.stem for path in (base_dir / "app" / "devstack" / "tunnels").glob("[!_]*.py"))
