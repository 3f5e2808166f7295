"""gunicorn's threaded worker, made patient: no client, however slow, holds a thread.

gunicorn gives a thread to every connection that has sent a first byte, and keeps it until the last byte of the answer
has been taken: some hundred slow clients would be the whole server. Here a request comes to a thread when all of it
has arrived, what an answer's reader does not take at once is sent on by the main loop, and both have a time limit.

A client that sends its next request at once gets it answered by the same thread. To go back to the main loop and come
from there again costs about a fifth of a webhook's processor time (see benchmarks/README.md).
"""

import errno
import select
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import _DEFER, ThreadWorker

from app.fair_share import Place
from app.patient_connection import PATIENCE_S, Connection, Refused
from app.patient_socket import PatientSocket

NEXT_REQUEST_MS = 20  # that a thread waits for, while there are threads to spare
AFTER_OTHERS_S = 0.002  # that a process leaves to those with fewer connections, for a new one
LINGER_S = 2.0  # after the answer, for the client to close first: what it still sends would make the kernel reset


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker; connections that wait for their client do so in the main loop, and not for ever."""

    place: Place  # beside the other processes; gunicorn.conf.py gives it

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting: dict[Connection, float] = {}  # until when; time.monotonic()
        self._looked_at = 0.0

    def notify(self) -> None:
        """In every round of the main loop: tell the arbiter that we are alive, and the others how much we have."""
        super().notify()
        self.place.tell(self.nr_conns)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection from the listening socket; those who have fewer of them come first."""
        if self.place.is_ahead():
            time.sleep(AFTER_OTHERS_S)
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, PatientSocket(client), address, listener.getsockname()))

    def handle(self, conn: Connection) -> Any:
        """In a thread: answer the connection's next request, if it has arrived, and those that follow at once."""
        kept = self._handle_next(conn)
        while kept is True and self._another_arrives(conn):
            kept = self._handle_next(conn)
        return kept

    def _handle_next(self, conn: Connection) -> Any:
        try:
            if not conn.request_has_arrived():
                return _DEFER
        except Refused as refused:
            util.write_error(conn.sock, *refused.args)
            return False
        except OSError:
            return False
        return super().handle(conn)

    def _another_arrives(self, conn: Connection) -> bool:
        # Half of the threads are left for those who come meanwhile.
        if not self.alive or conn.sock.unsent or self.nr_conns > self.cfg.threads // 2:
            return False
        if conn.parser.unreader.buf.getvalue():
            return True
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        return bool(poll.poll(NEXT_REQUEST_MS))

    def finish_request(self, conn: Connection, done: "Future[Any]") -> None:
        """In the main loop, after `handle`: wait for the client to send or to take more, for its next request, or
        for it to close."""
        if conn.sock.unsent:
            self._wait(conn, selectors.EVENT_WRITE, partial(self._send_on, conn, done), self._soon(PATIENCE_S))
        elif done.result() is _DEFER:
            self._wait(conn, selectors.EVENT_READ, partial(self._read_on, conn), conn.deadline or 0)
        elif done.result():
            super().finish_request(conn, done)
        else:
            self._linger(conn)

    def murder_pending(self) -> None:
        """Close what has waited for too long; nobody is waited for when this process is to end."""
        now = time.monotonic()
        if now - self._looked_at < 0.5:
            return
        self._looked_at = now
        hurry = 0 if self.alive else PATIENCE_S - LINGER_S
        for conn in [conn for conn, until in self._waiting.items() if until - hurry <= now]:
            self._end(conn)

    def _wait(self, conn: Connection, event: int, then: Callable[[Any], None], until: float) -> None:
        self._waiting[conn] = until
        self.poller.register(conn.sock, event, then)

    def _stop_waiting(self, conn: Connection) -> None:
        del self._waiting[conn]
        self.poller.unregister(conn.sock)

    def _read_on(self, conn: Connection, _: object) -> None:
        self._stop_waiting(conn)
        self.enqueue_req(conn)

    def _send_on(self, conn: Connection, done: "Future[Any]", _: object) -> None:
        try:
            conn.sock.send_on()
        except OSError:
            self._end(conn)
            return
        if not conn.sock.unsent:
            self._stop_waiting(conn)
            self.finish_request(conn, done)

    def _linger(self, conn: Connection) -> None:
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:  # it has closed already
            self._close(conn)
        else:
            self._wait(conn, selectors.EVENT_READ, partial(self._discard, conn), self._soon(LINGER_S))

    def _discard(self, conn: Connection, _: object) -> None:
        try:
            if conn.sock.recv(64 * 1024):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    @staticmethod
    def _soon(seconds: float) -> float:
        return time.monotonic() + seconds
