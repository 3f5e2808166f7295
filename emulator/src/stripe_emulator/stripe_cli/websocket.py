"""The CLI's websocket. The id in its header is the only credential."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from stripe_emulator.request_log import RequestEntry, RequestLog
from stripe_emulator.stripe_cli import log_filter
from stripe_emulator.stripe_cli.frames import request_log_event
from stripe_emulator.stripe_cli.hub import StripeCli
from stripe_emulator.stripe_cli.sessions import Session

PATH = "/v1/stripecli/subscribe"
_PROTOCOL = "stripecli-devproxy-v1"
#: The number of requests that a `logs tail` may lag behind; further ones are not shown.
_LAG = 1000


class Socket:
    """The ASGI application for websockets."""

    def __init__(self, hub: StripeCli, requests: RequestLog) -> None:
        self._hub = hub
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send, reason: str | None = None) -> None:
        """Serve one connection until it ends, or refuse it for `reason`."""
        websocket = WebSocket(scope, receive, send)
        if reason:
            await websocket.send_denial_response(JSONResponse({"error": {"message": reason}}, 403))
            return
        session = self._hub.sessions.get(websocket.headers.get("websocket-id", ""))
        if session is None or scope["path"] != PATH:
            # This message makes the CLI open a new session.
            error = {"error": {"message": "Unknown WebSocket ID.", "type": "invalid_request_error"}}
            await websocket.send_denial_response(JSONResponse(error, 404))
            return
        await websocket.accept(subprotocol=_PROTOCOL)
        if session.feature == "request_logs":
            await self._tail(websocket, session)
        else:
            await self._listen(websocket, session)

    async def _listen(self, websocket: WebSocket, session: Session) -> None:
        async def send(text: str) -> None:
            try:
                await websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError) as error:
                raise OSError("the connection is closed") from error

        listener = self._hub.connect(session, send)
        try:
            async for text in websocket.iter_text():
                listener.received(text)
        finally:
            listener.leave(send)
            self._hub.leave(session)

    async def _tail(self, websocket: WebSocket, session: Session) -> None:
        entries: asyncio.Queue[RequestEntry] = asyncio.Queue(_LAG)

        def note(entry: RequestEntry) -> None:
            if log_filter.shows(session.filters, entry) and not entries.full():
                entries.put_nowait(entry)

        self._hub.enter(session)
        end = self._requests.listen(note)
        pump = asyncio.ensure_future(_pump(websocket, entries))
        try:
            async for _ in websocket.iter_text():
                pass
        finally:
            end()
            pump.cancel()
            self._hub.leave(session)


async def _pump(websocket: WebSocket, entries: asyncio.Queue[RequestEntry]) -> None:
    while True:
        entry = await entries.get()
        try:
            await websocket.send_text(request_log_event(entry.request_id, log_filter.payload(entry)))
        except (WebSocketDisconnect, RuntimeError):
            return
