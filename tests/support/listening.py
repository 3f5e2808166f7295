"""The TCP addresses on which processes listen (Linux: proc(5))."""

import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

LISTEN = "0A"


def listeners(pids: Iterable[int]) -> set[tuple[str, int]]:
    """Return (address, port) of each socket on which one of these processes listens."""
    held = {_target(link) for pid in pids for link in Path(f"/proc/{pid}/fd").glob("*")}
    return {(address, port) for inode, address, port in _sockets() if f"socket:[{inode}]" in held}


def _sockets() -> Iterator[tuple[str, str, int]]:
    """Yield inode, address and port of every listening socket."""
    for table, family in (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6)):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] == LISTEN:
                # The kernel prints an address as 32-bit words of the machine's byte order.
                words = [int(address[start : start + 8], 16) for start in range(0, len(address), 8)]
                yield fields[9], socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)), int(port, 16)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed meanwhile
        return ""
