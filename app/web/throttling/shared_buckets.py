"""Token buckets that all server processes share: created before the fork, without any round trip."""

import fcntl
import mmap
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAYS = 8  # clients per set; the least recently seen one is evicted first
SETS = 4096
SET = struct.Struct("=" + "Qdd" * WAYS)  # per client: its hash, the tokens left, the time of the last update
BUCKET = struct.Struct("=Qdd")


class SharedBuckets:
    """Hold the buckets of about 30,000 clients in an unnamed file that forked processes share.

    A record lock is released when its process ends, so a killed worker never blocks the others.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process runs
        self._file.truncate(SETS * SET.size)
        self._memory = mmap.mmap(self._file.fileno(), SETS * SET.size)
        self._threads = threading.Lock()  # a record lock belongs to the whole process

    def take(self, client: str, limit: int) -> float:
        """Take one of the client's `limit` tokens a minute and return 0.0, or the seconds until one is available."""
        # `hash` is seeded once, before the fork: the same in all processes, and unknown to clients.
        number = hash(client) & 0xFFFFFFFFFFFFFFFF
        start = number % SETS * SET.size
        with self._locked():
            now = time.monotonic()
            fields = SET.unpack_from(self._memory, start)
            numbers, times = fields[0::3], fields[2::3]
            known = number in numbers
            slot = numbers.index(number) if known else times.index(min(times))
            tokens = min(float(limit), fields[slot * 3 + 1] + (now - times[slot]) * limit / 60) if known else limit
            left = tokens - 1 if tokens >= 1 else tokens
            BUCKET.pack_into(self._memory, start + slot * BUCKET.size, number, left, now)
        return 0.0 if tokens >= 1 else (1 - tokens) * 60 / limit

    def forget(self) -> None:
        """Reset all buckets."""
        with self._locked():
            self._memory[:] = bytes(len(self._memory))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)
