"""One terminal for many processes: each line says whose it is, and no line holds a secret."""

import os
import signal
import sys
from collections.abc import Callable

from app.config.masking import mask

OWN_NAME = "dev"
WIDTH = 8
COLOURS = {
    "emulator": 35,
    "prepare": 34,
    "app": 32,
    "worker": 36,
    "stripe": 35,
    "ngrok": 34,
    "cloudflared": 34,
    OWN_NAME: 33,
}


def write(text: str) -> None:
    """Prints one line. Nobody left to read it is taken as nobody left to run for: the stack stops."""
    try:
        print(text, flush=True)  # noqa: T201 - this program's output
    except OSError:
        # Further lines must not fail while it stops.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        signal.raise_signal(signal.SIGTERM)


def say(text: str) -> None:
    """A line of the supervisor's own."""
    write(labelled(OWN_NAME, text))


def writer(name: str) -> Callable[[str], None]:
    """Prints the lines of the process of that name."""
    return lambda line: write(labelled(name, mask(line)))


def labelled(name: str, line: str) -> str:
    """The line with its name in front, coloured on a terminal."""
    label = f"{name:<{WIDTH}} |"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        label = f"\033[{COLOURS.get(name, 37)}m{label}\033[0m"
    return f"{label} {line}"
