"""The output of all processes in one terminal: each line is labeled, and secrets are masked."""

import os
import signal
import sys
from collections.abc import Callable

from app.config.masking import mask

OWN_NAME = "dev"
WIDTH = 8
COLORS = {
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
    """Print one line. If stdout is closed, stop the stack."""
    try:
        print(text, flush=True)  # noqa: T201 - this program's output
    except OSError:
        # Further lines must not fail while the stack stops.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        signal.raise_signal(signal.SIGTERM)


def say(text: str) -> None:
    """Print a line from the supervisor."""
    write(labeled(OWN_NAME, text))


def writer(name: str) -> Callable[[str], None]:
    """Return a function that prints a line of the named process."""
    return lambda line: write(labeled(name, mask(line)))


def labeled(name: str, line: str) -> str:
    """Return the line with the name in front, colored on a terminal."""
    label = f"{name:<{WIDTH}} |"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        label = f"\033[{COLORS.get(name, 37)}m{label}\033[0m"
    return f"{label} {line}"
