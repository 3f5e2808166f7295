"""The folder that holds the SQLite file, the emulator's state and the webhook secret."""

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

LOOKED_AT_S = 0.5  # a command that looks for running stacks holds the lock for a moment


def claim(data_dir: Path) -> IO[str]:
    """Makes the folder and locks it, for as long as the returned file is open."""
    try:
        lock = (private_folder(data_dir) / running.LOCK).open("a")
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"DATA_DIR ({data_dir}) can't be written ({error.strerror}): set DATA_DIR to your own folder."
        ) from None
    deadline = time.monotonic() + LOOKED_AT_S
    while not _is_ours(lock):
        if time.monotonic() > deadline:
            raise StartError(
                f"Another ./scripts/dev already runs on {data_dir}: stop it, or give this one its own DATA_DIR."
            )
        time.sleep(0.05)
    return lock


def _is_ours(lock: IO[str]) -> bool:
    try:
        # The kernel gives it back however this process ends.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def tell(root: Path, settings: Mapping[str, str], lock: IO[str]) -> None:
    """Let commands in other terminals find this stack (app.config.running.join)."""
    lock.truncate(0)
    lock.write(json.dumps(settings))
    lock.flush()
    others = {stack["DATA_DIR"] for stack in running.stacks(root)}
    with suppress(OSError):  # a checkout that can't be written to: they have to be told DATA_DIR and ports
        write_private(root / running.STACKS, json.dumps(sorted({*others, settings["DATA_DIR"]})))


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step; only its owner can read it. Readers see the old text or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
