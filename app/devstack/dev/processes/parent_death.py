"""End a process together with its parent, even if the parent is killed with SIGKILL."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# Loaded here, because little is safe between fork and exec. Linux only.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> Callable[[], None]:
    """Return a `preexec_fn`: the child gets SIGTERM when the thread that started it, in process `parent`, ends.

    Linux: prctl(2), PR_SET_PDEATHSIG.
    """

    def set_parent_death_signal() -> None:
        if _libc:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # the parent ended in between
                os._exit(1)

    return set_parent_death_signal
