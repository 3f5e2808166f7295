"""The part of Stripe that `stripe listen` uses, as https://api.stripe.com on the engine's bridge.

It does what the emulator can't: refuse keys, forget sessions, change secrets, fail.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.compose.engine import HOME, Engine
from tests.compose.stack import eventually

EDGE_CERTIFICATE = HOME / "authority/edge.pem"
REFUSED = {"error": {"message": "Invalid API Key provided: sk_test_****", "type": "invalid_request_error"}}
FORGOTTEN = {"error": {"message": "Unknown WebSocket ID."}}


class App(BaseHTTPRequestHandler):
    """The app that events are forwarded to."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


class CliServer:
    """Attributes set its responses and count its requests. `app_server` is what events are forwarded to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.secret = "whsec_first0000000000000000000000000"
        self.status = 200
        self.known: set[str] = set()
        self.requests = 0
        self.keys: list[str] = []
        self.devices: list[str] = []
        self.connected: list[WebSocket] = []
        self.app_server: ThreadingHTTPServer
        routes = [
            Route("/v1/stripecli/sessions", self.session, methods=["POST"]),
            WebSocketRoute("/socket", self.socket),
        ]
        self.app = Starlette(routes=routes)

    async def session(self, request: Request) -> JSONResponse:
        self.requests += 1
        self.keys.append(request.headers["authorization"].removeprefix("Bearer "))
        self.devices += parse_qs((await request.body()).decode())["device_name"]
        if self.status != 200:
            return JSONResponse(REFUSED, self.status)
        name = f"cliws_{self.requests}"
        self.known.add(name)
        made = {"websocket_id": name, "websocket_url": "wss://api.stripe.com/socket", "secret": self.secret}
        return JSONResponse(made | {"websocket_authorized_feature": "webhooks", "reconnect_delay": 3600})

    async def socket(self, socket: WebSocket) -> None:
        if socket.headers["websocket-id"] not in self.known:
            await socket.send_denial_response(JSONResponse(FORGOTTEN, 400))
            return
        await socket.accept(subprotocol="stripecli-devproxy-v1")
        self.connected.append(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            self.connected.remove(socket)

    def forget_sessions(self) -> None:
        """Act like a deployment at Stripe: all websockets end, and their ids become unknown."""
        self.known.clear()
        self.server.force_exit = True
        self.stop()
        self.start()

    def start(self) -> None:
        config = uvicorn.Config(
            self.app, self.address, 443, log_level="error", timeout_graceful_shutdown=1, ssl_certfile=EDGE_CERTIFICATE
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        eventually("the server is up", lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.connected.clear()


@contextmanager
def cli_server(engine: Engine) -> Iterator[CliServer]:
    server = CliServer(engine.host_address)
    server.app_server = ThreadingHTTPServer((server.address, 0), App)
    threading.Thread(target=server.app_server.serve_forever, daemon=True).start()
    server.start()
    yield server
    server.stop()
    server.app_server.shutdown()
    server.app_server.server_close()
