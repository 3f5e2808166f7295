"""How many connections each server process has, in memory that all of them share.

All of them wait for new connections, and whoever wakes up first takes what is there: of 256 clients that came at once
one process had 220, and did most of the work alone for as long as they stayed.
"""

import mmap

FREE = -1


class Place:
    """One process's number of connections, beside those of the others."""

    def __init__(self, counts: "memoryview[int]", number: int) -> None:
        self._counts, self._number = counts, number
        self.tell(0)

    def tell(self, connections: int) -> None:
        """The process has so many now."""
        self._counts[self._number] = connections

    def leave(self) -> None:
        """The process has ended."""
        self._counts[self._number] = FREE

    def is_ahead(self) -> bool:
        """Whether the process has more than another one."""
        return any(FREE < count < self._counts[self._number] for count in self._counts)


class Places:
    """Two for each of so many processes: one that ends and the one that replaces it can overlap."""

    def __init__(self, processes: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 2 * processes * 4)).cast("i")
        for number in range(len(self._counts)):
            self._counts[number] = FREE

    def take(self) -> Place:
        """A free one, or one that is shared if there is none; before the process is forked, so that all see it."""
        numbers = self._counts.tolist()
        return Place(self._counts, numbers.index(FREE) if FREE in numbers else 0)
