"""Makes a process end with the one that started it, even when that is killed with -9."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec as little as possible should happen. Only Linux can do it.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def ending_with(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: the child gets SIGTERM when the thread that started it ends; `parent` is its process."""

    def set_parent_death_signal() -> None:
        if _libc:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it ended in between
                os._exit(1)

    return set_parent_death_signal
