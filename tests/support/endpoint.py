"""A receiver of order webhooks: it keeps what arrives, and responds as the test wants."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SECRET = "whsec_" + "bmV3IHNlY3JldCwgdGhpcnR5LXR3byBieXRlcyBs"  # not a real one
Received = tuple[dict[str, str], str]  # headers in lower case, and the body


class Endpoint:
    """`received` is everything that arrived, at `targets`. The next responses are `answers` (status, headers), then
    204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.targets: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.host, self.port = "127.0.0.1", 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}/hooks?from=shop"


@contextmanager
def endpoint_running(certificate: Path | None = None, host: str = "127.0.0.1") -> Iterator[Endpoint]:
    """Run a receiver on an address of this machine; over TLS with a `certificate`, a file that also has the key."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode()
            if len(body.encode()) < length:
                return  # the sender died
            endpoint.targets.append(self.path)
            endpoint.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = endpoint.answers.pop(0) if endpoint.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if status >= 400:
                self.wfile.write(b"try later")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((host, 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        endpoint.host, endpoint.port = host, server.server_port
        yield endpoint
        server.shutdown()
