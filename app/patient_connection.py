"""A client's connection that is read without waiting: a request counts when all of it has arrived."""

import re
import time
from typing import Any

from gunicorn.workers.gthread import TConn

from app.patient_socket import PatientSocket

PATIENCE_S = 20.0  # for a request to arrive, and for an answer to be taken
MAX_HEAD = 64 * 1024  # bytes
MAX_BODY = 1024 * 1024  # bytes; as much as Django takes (DATA_UPLOAD_MAX_MEMORY_SIZE)
HEAD_ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)


class Refused(Exception):
    """A request that is answered by its head alone; the arguments are status, reason and explanation."""


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client's connection, with what has arrived of its next request."""

    sock: PatientSocket

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.data_ready = True  # no thread waits for it
        self.deadline: float | None = None  # for the request that is arriving; time.monotonic()
        self._arrived = bytearray()
        self._told_to_continue = False

    def request_has_arrived(self) -> bool:
        """Read what there is; whether gunicorn's parser now finds a whole request, or the end.

        Raises Refused, and OSError when the client has gone or had its time.
        """
        self.init()
        # What came behind the request before.
        self._arrived += self.parser.unreader.take_buffered()
        ended = self._read()
        if not ended and not self._is_whole():
            now = time.monotonic()
            self.deadline = self.deadline or now + PATIENCE_S
            if now > self.deadline:  # the main loop, which has looked only while nothing came, has not noticed
                raise TimeoutError
            return False
        self.parser.unreader.unread(b"" if ended else bytes(self._arrived))
        self._arrived.clear()
        self.deadline, self._told_to_continue = None, False
        return True

    def _read(self) -> bool:
        """Whether the client has said that nothing more will come before the request was whole."""
        while len(self._arrived) <= MAX_HEAD + MAX_BODY:
            try:
                data = self.sock.recv(64 * 1024)
            except BlockingIOError:
                return False
            if not data:
                return not self._is_whole()
            self._arrived += data
            if len(data) < 64 * 1024:
                return False
        return False

    def _is_whole(self) -> bool:
        while self._arrived.startswith(b"\r\n"):
            del self._arrived[:2]
        end = self._arrived.find(HEAD_ENDS, 0, MAX_HEAD)
        if end < 0:
            if len(self._arrived) >= MAX_HEAD:
                raise Refused(431, "Request Header Fields Too Large", "The headers are too large.")
            return False
        head = bytes(self._arrived[: end + len(HEAD_ENDS)])
        return len(self._arrived) >= len(head) + self._body_length(head)

    def _body_length(self, head: bytes) -> int:
        if CHUNKED.search(head):
            raise Refused(411, "Length Required", "Send the body with a Content-Length.")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if length > MAX_BODY:
            raise Refused(413, "Content Too Large", f"A body has at most {MAX_BODY} bytes.")
        if length and CONTINUE.search(head) and not self._told_to_continue:
            self._told_to_continue = True
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return length
