"""Token buckets that all server processes share: made before the fork, without a round trip to anybody."""

import fcntl
import mmap
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAYS = 8  # clients with the same remainder; the one not heard of for longest is forgotten first
SETS = 4096
SET = struct.Struct("=" + "Qdd" * WAYS)  # for each: the client's number, tokens left, at that time
BUCKET = struct.Struct("=Qdd")


class SharedBuckets:
    """The buckets of some thirty thousand clients in a nameless file, which forked processes have in common.

    A record lock on it ends with the process that holds it: no killed worker stops the others.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open for as long as the process
        self._file.truncate(SETS * SET.size)
        self._memory = mmap.mmap(self._file.fileno(), SETS * SET.size)
        self._threads = threading.Lock()  # a record lock is the whole process's

    def take(self, client: str, limit: int) -> float:
        """Take one of the client's `limit` tokens a minute: 0.0, or how many seconds there is none left for."""
        # `hash` is seeded once, before the fork: the same in all processes, and known to no client.
        number = hash(client) & 0xFFFFFFFFFFFFFFFF
        start = number % SETS * SET.size
        with self._locked():
            now = time.monotonic()
            fields = SET.unpack_from(self._memory, start)
            numbers, times = fields[0::3], fields[2::3]
            known = number in numbers
            place = numbers.index(number) if known else times.index(min(times))
            tokens = min(float(limit), fields[place * 3 + 1] + (now - times[place]) * limit / 60) if known else limit
            left = tokens - 1 if tokens >= 1 else tokens
            BUCKET.pack_into(self._memory, start + place * BUCKET.size, number, left, now)
        return 0.0 if tokens >= 1 else (1 - tokens) * 60 / limit

    def forget(self) -> None:
        """Everybody has all of their tokens again."""
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
