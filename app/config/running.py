"""Files in which ./scripts/dev publishes its settings and the tunnels that it runs.

A command in another terminal, like the doctor, sees neither the environment nor the output of ./scripts/dev.
"""

import fcntl
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import NamedTuple

FILE = "tunnels.json"  # in DATA_DIR
LOCK = "dev.lock"  # in DATA_DIR, locked while ./scripts/dev runs; contains its settings
STACKS = ".dev.json"  # in the checkout: the DATA_DIR of each ./scripts/dev started there


class Running(NamedTuple):
    """A tunnel's program: the URL of its agent and, if it reported an error, the cause and remedy."""

    api: str = ""
    cause: str = ""
    remedy: str = ""


def running(data_dir: Path) -> dict[str, Running]:
    """Return the tunnels that ./scripts/dev runs, by the program's name."""
    try:
        stored = json.loads((data_dir / FILE).read_text())
        return {name: Running(*fields) for name, fields in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def tunnels(base_dir: Path) -> list[str]:
    """Return the names of the supported tunnels; none in an image without app.devstack."""
    return sorted(path.stem for path in (base_dir / "app" / "devstack" / "tunnels").glob("[!_]*.py"))


def join(base_dir: Path, environ: MutableMapping[str, str]) -> str:
    """Set the ports and DATA_DIR of the ./scripts/dev that runs in this checkout, unless `environ` sets them already.

    Return an error message if several run and DATA_DIR does not choose one, else an empty string.
    """
    found = stacks(base_dir)
    if wanted := environ.get("DATA_DIR"):
        chosen = (base_dir / Path(wanted).expanduser()).resolve()
        found = [stack for stack in found if Path(stack["DATA_DIR"]) == chosen]
    if len(found) > 1:
        folders = ", ".join(stack["DATA_DIR"] for stack in found)
        return f"Several ./scripts/dev run in this checkout: set DATA_DIR to choose one ({folders})."
    for name, value in found[0].items() if found else ():
        if not environ.get(name):
            environ[name] = value
    return ""


def stacks(base_dir: Path) -> list[dict[str, str]]:
    """Return PORT, EMULATOR_PORT and DATA_DIR of each ./scripts/dev that runs in this checkout."""
    try:
        folders = json.loads((base_dir / STACKS).read_text())
        return [stack for folder in folders if (stack := _stack_in(Path(folder)))]
    except (OSError, ValueError, TypeError):
        return []


def _stack_in(data_dir: Path) -> dict[str, str]:
    try:
        with (data_dir / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return {name: str(value) for name, value in json.load(lock).items()}
    except (OSError, ValueError, AttributeError):
        pass
    return {}
