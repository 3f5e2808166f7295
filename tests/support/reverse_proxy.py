"""A reverse proxy in front of the app, as a user would run one, which a test can misconfigure."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import urllib3


class Reply(NamedTuple):
    """What the proxy answers itself."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = {}


class ReverseProxy(ThreadingHTTPServer):
    """A context manager. It forwards to `target` with the visitor's Host and, unless `adds` is empty, X-Forwarded-For.

    `reply` gets a request's headers: if it returns something, the proxy answers that itself.
    """

    daemon_threads = True

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.adds = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
        self.reply: Callable[[Mapping[str, str]], Reply | None] = lambda headers: None
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def server_close(self) -> None:
        """Stop serving too."""
        self.shutdown()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ReverseProxy

    def do_GET(self) -> None:
        reply = self.server.reply(dict(self.headers.items())) or self._forward()
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body.encode())))
        self.end_headers()
        self.wfile.write(reply.body.encode())

    do_OPTIONS = do_GET  # noqa: N815  # http.server's name

    def _forward(self) -> Reply:
        headers = dict(self.headers.items()) | self.server.adds
        try:
            answer = urllib3.request(
                self.command, self.server.target + self.path, headers=headers, redirect=False, retries=False
            )
        except urllib3.exceptions.HTTPError:
            return Reply(502, "<title>502 Bad Gateway</title>", {"Server": "nginx"})
        return Reply(answer.status, answer.data.decode(), dict(answer.headers))

    def log_message(self, *args: object) -> None:
        """Log nothing."""
