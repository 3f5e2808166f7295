"""A socket whose sender never waits for its client: what the client does not take at once is kept."""

import os
import socket
from collections import deque
from typing import Any


class FilePart:
    """Bytes of an open file that are still to be sent."""

    def __init__(self, file: Any, offset: int, count: int) -> None:
        self._file, self._offset, self._left = os.dup(file.fileno()), offset, count

    def send_to(self, client: socket.socket) -> bool:
        """Send what the client takes; whether that was all."""
        sent = os.sendfile(client.fileno(), self._file, self._offset, self._left)
        self._offset += sent
        self._left = self._left - sent if sent else 0  # a file that has become shorter has no more
        return not self._left

    def __del__(self) -> None:
        os.close(self._file)


class Bytes(bytearray):
    """Bytes that are still to be sent."""

    def send_to(self, client: socket.socket) -> bool:
        """Send what the client takes; whether that was all."""
        del self[: client.send(self)]
        return not self


class PatientSocket(socket.socket):
    """Never waits for its client: what it does not take at once is kept in `unsent`."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        super().setblocking(False)
        self.unsent: deque[Bytes | FilePart] = deque()

    def setblocking(self, flag: bool) -> None:
        """Stay as it is; gunicorn would have it block."""

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what the client takes, and keep the rest."""
        self.unsent.append(Bytes(data))
        self.send_on()

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """The same for a file's `count` bytes from `offset` on, which are read only when they are sent."""
        count = os.fstat(file.fileno()).st_size - offset if count is None else count
        self.unsent.append(FilePart(file, offset, count))
        self.send_on()
        return count

    def send_on(self) -> None:
        """Send more of what was kept; OSError when the client has gone."""
        try:
            while self.unsent and self.unsent[0].send_to(self):
                self.unsent.popleft()
        except BlockingIOError:
            pass
