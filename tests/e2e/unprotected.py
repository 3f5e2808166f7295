"""A server that trusts everyone: what a hostile page can do to it shows that the page's attempts are real."""

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
FILES = {
    "/": ("text/html", "readable"),
    "/icon.svg": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'),
    "/script.js": ("text/javascript", "1"),
    "/style.css": ("text/css", "* {}"),
    "/stream": ("text/event-stream", ": \n\n"),
}


class Handler(BaseHTTPRequestHandler):
    """Answer everyone, and let every page read the answer."""

    changes: set[tuple[str, str]]

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self._open_websocket()
        else:
            self._answer()

    def do_OPTIONS(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.changes.add((self.command, self.headers.get("Content-Type", "").partition(";")[0]))
        self._answer()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_PATCH(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _answer(self) -> None:
        kind, body = FILES[self.path.partition("?")[0]]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Access-Control-Allow-Methods", "POST, PUT, PATCH, DELETE")
        self.send_header("Access-Control-Allow-Headers", "authorization, content-type")
        self.end_headers()
        self.wfile.write(body.encode())

    def _open_websocket(self) -> None:
        key = (self.headers["Sec-WebSocket-Key"] + GUID).encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key).digest()).decode())
        if protocol := self.headers.get("Sec-WebSocket-Protocol"):
            self.send_header("Sec-WebSocket-Protocol", protocol)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """For many connections at once."""

    request_queue_size = 128


class Unprotected:
    """A context manager; `changes` is what pages have sent: (method, content type)."""

    def __init__(self) -> None:
        self.changes: set[tuple[str, str]] = set()
        self._server = Server(("127.0.0.1", 0), type("Noting", (Handler,), {"changes": self.changes}))
        self.port = self._server.server_port

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
