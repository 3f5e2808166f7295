"""The machine's Chromium."""

import shutil

# The headless shell comes first: it is the same browser without the windows that Chromium draws for itself even when it
# is headless, and takes half of the CPU time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium (Debian, Ubuntu: apt install chromium)"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumMissingError(Exception):
    """There is no Chromium; the text says how to get it."""

    def __init__(self) -> None:
        super().__init__(MISSING)


def find_chromium() -> str:
    """Return the path of the machine's Chromium. Raise ChromiumMissingError if there is none."""
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        raise ChromiumMissingError
    return path
