"""The folder that holds the SQLite file, the emulator's state and the webhook secret."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured

from app.config.env import private_folder
from app.devstack.dev.errors import StartError


def claim(data_dir: Path) -> IO[str]:
    """Makes the folder and locks it, for as long as the returned file is open."""
    try:
        lock = (private_folder(data_dir) / "dev.lock").open("a")
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"DATA_DIR ({data_dir}) can't be written ({error.strerror}): set DATA_DIR to your own folder."
        ) from None
    try:
        # The kernel gives it back however this process ends.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StartError(
            f"Another ./scripts/dev already runs on {data_dir}: stop it, or give this one its own DATA_DIR."
        ) from None
    return lock


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
