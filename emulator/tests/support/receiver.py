"""A webhook endpoint that verifies each event with the official package and keeps it."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import stripe

from support.running import TIMEOUT_S

# Returns the response's status for an event and its number of deliveries.
Reply = Callable[[stripe.Event, int], int]


class Receiver:
    """Context manager. `events` has the accepted events by arrival; `tries` counts deliveries by event id."""

    def __init__(self, reply: Reply = lambda event, tries: 200) -> None:
        self.secret = ""
        self.reply = reply
        self.events: list[stripe.Event] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.tries: dict[str, int] = {}
        self.forged = 0
        self._changed = threading.Condition()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Process one delivery. Return the response's status."""
        try:
            event = stripe.Webhook.construct_event(body, headers.get("stripe-signature", ""), self.secret)
        except stripe.SignatureVerificationError:
            self.forged += 1
            return 400
        with self._changed:
            self.tries[event.id] = self.tries.get(event.id, 0) + 1
            status = self.reply(event, self.tries[event.id])
            if status < 300:
                self.events.append(event)
                self.bodies.append(body)
                self.headers.append(headers)
            self._changed.notify_all()
        return status

    @property
    def types(self) -> list[str]:
        """The accepted events' types."""
        return [event.type for event in self.events]

    def wait(self, look: Callable[["Receiver"], Any], what: str = "the event") -> None:
        """Wait until `look` returns a true value."""
        with self._changed:
            assert self._changed.wait_for(lambda: look(self), TIMEOUT_S), f"no {what}: {self.types}"

    def wait_for(self, kind: str) -> stripe.Event:
        """Wait for the first accepted event of this type."""
        self.wait(lambda me: kind in me.types, kind)
        return next(event for event in self.events if event.type == kind)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that the emulator closes, as some tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.receiver.take(body, headers)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""
