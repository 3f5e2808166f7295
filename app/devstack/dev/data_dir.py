"""DATA_DIR, the folder with the SQLite file, the emulator's state and the signing secret."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured

from app.config import running
from app.config.env import private_folder
from app.devstack.dev.errors import StartError

LOCK_TIMEOUT_S = 0.5  # a command that looks for running stacks holds the lock briefly


def claim(data_dir: Path) -> IO[str]:
    """Create the folder and lock it for as long as the returned file is open. Raises StartError."""
    try:
        lock = (private_folder(data_dir) / running.LOCK).open("a")
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"DATA_DIR ({data_dir}) is not writable ({error.strerror}): set DATA_DIR to a folder that you own."
        ) from None
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while not _is_ours(lock):
        if time.monotonic() > deadline:
            raise StartError(f"Another ./scripts/dev already uses {data_dir}: stop it, or set a different DATA_DIR.")
        time.sleep(0.05)
    return lock


def _is_ours(lock: IO[str]) -> bool:
    try:
        # The kernel releases it however this process ends.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def publish(root: Path, settings: Mapping[str, str], lock: IO[str]) -> None:
    """Let commands in other terminals find this stack (app.config.running.join)."""
    lock.truncate(0)
    lock.write(json.dumps(settings))
    lock.flush()
    others = {stack["DATA_DIR"] for stack in running.stacks(root)}
    with suppress(OSError):  # in a read-only checkout, those commands need DATA_DIR and the ports in their environment
        write_private(root / running.STACKS, json.dumps(sorted({*others, settings["DATA_DIR"]})))


def write_private(path: Path, text: str) -> None:
    """Replace the file atomically, readable only by its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
