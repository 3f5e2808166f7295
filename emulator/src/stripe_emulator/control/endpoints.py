"""The control endpoints: JSON in and out, without a key, closed to pages of other origins."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.errors import unknown_url
from stripe_emulator.faults.rules import BadFaultError
from stripe_emulator.jsontext import JSON, pretty_bytes
from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema import supported_names


class Control:
    """The control endpoints, one method for each."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def health(self, request: Request) -> Response:
        """Respond 200 while the emulator is ready."""
        return _json({"status": "ok", "api_version": self._emulator.config.api_version})

    async def clock(self, request: Request) -> Response:
        """Return the emulator's time and its offset, in seconds."""
        clock = self._emulator.clock
        return _json({"now": clock.now(), "offset": clock.offset})

    async def advance_clock(self, request: Request) -> Response:
        """Advance the clock: `{"advance": seconds}`. Everything due by then happens before the response."""
        seconds = (await _body(request)).get("advance")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            return _problem("`advance` must be a number of seconds.")
        try:
            self._emulator.clock.advance(float(seconds))
        except ValueError as error:
            return _problem(str(error))
        return await self.clock(request)

    async def reset(self, request: Request) -> Response:
        """Delete objects, events, deliveries and faults, and set the clock back to real time.

        Webhook endpoints stay, unless the body is `{"webhook_endpoints": true}`.
        """
        self._emulator.reset(webhook_endpoints=(await _body(request)).get("webhook_endpoints") is True)
        return _json({"status": "reset"})

    async def deliveries(self, request: Request) -> Response:
        """List the newest deliveries first. Query: `event`, `state`, `limit` (100)."""
        query = request.query_params
        limit = query.get("limit", "100")
        if not limit.isdecimal():
            return _problem("`limit` must be a number.")
        log = self._emulator.deliveries.log
        return _json({"data": log.entries(min(int(limit), 100_000), query.get("event"), query.get("state"))})

    async def requests(self, request: Request) -> Response:
        """List the newest API requests first."""
        return _json({"data": [asdict(entry) for entry in reversed(self._emulator.requests.entries)]})

    async def faults(self, request: Request) -> Response:
        """List the active faults."""
        return _json({"data": self._emulator.faults.rules})

    async def add_fault(self, request: Request) -> Response:
        """Add one fault and return it with its id."""
        try:
            return _json(self._emulator.faults.add(await _body(request)), 201)
        except BadFaultError as error:
            return _problem(str(error))

    async def remove_faults(self, request: Request) -> Response:
        """Remove one fault by id, or all."""
        wanted = request.path_params.get("fault")
        if not self._emulator.faults.remove(wanted):
            return _problem(f"No such fault: {wanted}.", 404)
        return _json({"data": self._emulator.faults.rules})

    async def supported(self, request: Request) -> Response:
        """List the calls of the API that are supported, the parameters of each, and the kinds of objects."""
        routes = [route for each in RESOURCES for route in each.routes() if route.is_public]
        parameters = {f"{route.method} {route.path}": sorted(supported_names(route.fields)) for route in routes}
        objects = sorted(each.kind for each in RESOURCES if each.kind != "stripecli_session")
        return _json({"data": sorted(parameters), "objects": objects, "parameters": dict(sorted(parameters.items()))})

    async def home(self, request: Request) -> Response:
        """Redirect to the dashboard."""
        return RedirectResponse("/_emulator/", 307)

    async def unknown(self, request: Request) -> Response:
        """Respond to all other requests with Stripe's 404."""
        error = unknown_url(request.method, request.url.path)
        return _json(error.body(), error.status)


async def _body(request: Request) -> JSON:
    try:
        value = json.loads(await request.body() or b"{}")
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"kind": None}


def _json(value: Any, status: int = 200) -> Response:
    return Response(pretty_bytes(value), status, media_type="application/json")


def _problem(message: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"error": {"message": message}}, status)
