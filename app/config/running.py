"""What ./scripts/dev tells of itself and of the tunnels that it runs, in files.

A command in another terminal, like the doctor, has not its environment, and does not read what the programs complain
of.
"""

import fcntl
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import NamedTuple

FILE = "tunnels.json"  # in DATA_DIR
LOCK = "dev.lock"  # in DATA_DIR, held by ./scripts/dev as long as it runs; its settings are in it
STACKS = ".dev.json"  # in the checkout: the DATA_DIR of each ./scripts/dev that was started there


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


def join(base_dir: Path, environ: MutableMapping[str, str]) -> str:
    """Give this process the ports and the folder of the ./scripts/dev that runs in this checkout.

    What `environ` sets itself stays. Return a sentence for the user when several run and none is chosen by DATA_DIR.
    """
    found = stacks(base_dir)
    if wanted := environ.get("DATA_DIR"):
        chosen = (base_dir / Path(wanted).expanduser()).resolve()
        found = [stack for stack in found if Path(stack["DATA_DIR"]) == chosen]
    if len(found) > 1:
        folders = ", ".join(stack["DATA_DIR"] for stack in found)
        return f"Several ./scripts/dev run in this checkout: set DATA_DIR to the one that you mean ({folders})."
    for name, value in found[0].items() if found else ():
        if not environ.get(name):
            environ[name] = value
    return ""


def stacks(base_dir: Path) -> list[dict[str, str]]:
    """PORT, EMULATOR_PORT and DATA_DIR of each ./scripts/dev that runs in this checkout."""
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
