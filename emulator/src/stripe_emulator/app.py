"""The ASGI application: the API, the hosted pages and the control endpoints."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from stripe_emulator.access import refusal
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.api.application import PREFIXES, Api
from stripe_emulator.api.http import (
    LARGEST_BODY,
    DisconnectedError,
    TooLargeError,
    headers_of,
    read_body,
    replay,
)
from stripe_emulator.config import Config
from stripe_emulator.control import build_control
from stripe_emulator.pages import build_hosted
from stripe_emulator.payments.due import handle_due
from stripe_emulator.resources import RESOURCES
from stripe_emulator.stripe_cli.websocket import Socket


class App:
    """The ASGI application: dispatches by the first part of the path, and starts and stops the emulator."""

    def __init__(self, config: Config) -> None:
        self.emulator = Emulator(config, {each.kind: each.linked for each in RESOURCES})
        self._api = Api(self.emulator)
        self._hosted = build_hosted(self.emulator)
        self._control = build_control(self.emulator)
        self._socket = Socket(self.emulator.stripe_cli, self.emulator.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        reason = self._refusal(scope)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, reason)
        elif reason:
            await _refuse(scope, receive, send, reason, 403)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body and pass the request on, unless the body is too large."""
        path = scope["path"]
        app = self._api if path.startswith(PREFIXES) else self._hosted if path.startswith("/c/pay/") else self._control
        try:
            body = await read_body(receive)
        except DisconnectedError:
            return
        except TooLargeError:
            message = f"Request body is too large: at most {LARGEST_BODY} bytes."
            await _refuse(scope, receive, send, message, 413)
            return
        # An exception has already been logged and answered; raising it again would close the connection.
        with contextlib.suppress(Exception):
            await app(scope, replay(body, receive), send if app is self._api else _only_for_own_pages(send))

    def _refusal(self, scope: Scope) -> str | None:
        headers = headers_of(scope)
        config = self.emulator.config
        own = urlsplit(config.public_url or "").hostname
        allowed = (*config.allowed_hosts, own) if own else config.allowed_hosts
        return refusal(headers, scope.get("method", ""), scope["path"], allowed)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.emulator.start(lambda entity: handle_due(self.emulator, entity))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.emulator.stop()
        await send({"type": "lifespan.shutdown.complete"})


def _only_for_own_pages(send: Send) -> Send:
    """Return a `send` that keeps other sites from embedding the response (Cross-Origin-Resource-Policy)."""

    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"cross-origin-resource-policy", b"same-origin")]
        await send(message)

    return send_with_policy


async def _refuse(scope: Scope, receive: Receive, send: Send, message: str, status: int) -> None:
    error = {"message": message, "type": "invalid_request_error"}
    headers = {"Connection": "close"} if status == 413 else {}
    await JSONResponse({"error": error}, status, headers)(scope, receive, send)


def create_app(config: Config | None = None) -> App:
    """Create an emulator. Serve it with its lifespan on: timers and deliveries start there."""
    return App(config or Config())
