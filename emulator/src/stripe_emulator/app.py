"""The ASGI application: the API, the hosted pages and the control endpoints."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.api.application import Api
from stripe_emulator.config import Config
from stripe_emulator.control import build_control
from stripe_emulator.pages import build_hosted
from stripe_emulator.payments.due import handle_due
from stripe_emulator.resources import RESOURCES
from stripe_emulator.stripe_cli.websocket import Socket


class App:
    """Dispatches by the first part of the path; starts and stops the emulator."""

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
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["path"].startswith("/v1/"):
            await self._api(scope, receive, send)
        elif scope["path"].startswith("/c/pay/"):
            await self._hosted(scope, receive, send)
        else:
            await self._control(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.emulator.start(lambda entity: handle_due(self.emulator, entity))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.emulator.stop()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(config: Config | None = None) -> App:
    """Create an emulator. Serve it with its lifespan on: timers and deliveries start there."""
    return App(config or Config())
