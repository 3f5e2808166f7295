"""A webhook endpoint that records its requests and fails on demand."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.support.stack import reserve_port
from tests.support.waiting import WITHIN_S, until


@dataclass(frozen=True)
class Delivery:
    """One request."""

    path: str
    headers: dict[str, str]
    payload: bytes
    event: dict[str, Any] = field(repr=False)


class Target:
    """Context manager. `behavior` receives the event and returns the status; `down()` and `up()` refuse and allow
    connections."""

    def __init__(self) -> None:
        self._reservation = reserve_port()
        self.port = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/stripe-webhook/"
        self.deliveries: list[Delivery] = []
        self.behavior: Callable[[dict[str, Any]], int] = lambda event: 200
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._reservation.close()

    def up(self) -> None:
        """Accept requests."""
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                event = json.loads(payload)
                target.deliveries.append(Delivery(self.path, dict(self.headers), payload, event))
                self.send_response(target.behavior(event))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler

    @property
    def types(self) -> list[str]:
        """The event types received, in order."""
        return [delivery.event["type"] for delivery in self.deliveries]

    def times(self, event_id: str) -> int:
        """Return how often an event was received."""
        return Counter(delivery.event["id"] for delivery in self.deliveries)[event_id]

    def await_types(self, *wanted: str, timeout: float = WITHIN_S) -> None:
        """Wait until each of these types has been received."""
        until(lambda: set(wanted) <= set(self.types), f"{wanted} at the target", within=timeout)

    def first(self, event_type: str) -> Delivery:
        """Return the first delivery of that type."""
        return next(each for each in self.deliveries if each.event["type"] == event_type)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that a killed CLI closes."""
