"""`/_emulator/`: health, the clock, faults, the delivery log, reset, and the dashboard."""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.control.actions import Actions
from stripe_emulator.control.dashboard import Dashboard
from stripe_emulator.control.endpoints import Control


def build_control(emulator: Emulator) -> Starlette:
    """Return the ASGI application for everything that is neither API nor hosted page."""
    control = Control(emulator)

    async def failed(request: Request, error: Exception) -> Response:
        emulator.store.rollback()
        logging.getLogger("stripe_emulator").error("%s failed", request.url.path, exc_info=error)
        return JSONResponse({"error": {"message": "The emulator failed. See its log for the reason."}}, 500)

    return Starlette(
        exception_handlers={Exception: failed},
        routes=[
            Route("/_emulator/", Dashboard(emulator).show, methods=["GET"]),
            Route("/_emulator/actions/{action}", Actions(emulator).act, methods=["POST"]),
            Route("/_emulator/health", control.health, methods=["GET"]),
            Route("/_emulator/clock", control.clock, methods=["GET"]),
            Route("/_emulator/clock", control.advance_clock, methods=["POST"]),
            Route("/_emulator/reset", control.reset, methods=["POST"]),
            Route("/_emulator/deliveries", control.deliveries, methods=["GET"]),
            Route("/_emulator/supported", control.supported, methods=["GET"]),
            Route("/_emulator/requests", control.requests, methods=["GET"]),
            Route("/_emulator/faults", control.faults, methods=["GET"]),
            Route("/_emulator/faults", control.add_fault, methods=["POST"]),
            Route("/_emulator/faults", control.remove_faults, methods=["DELETE"]),
            Route("/_emulator/faults/{fault}", control.remove_faults, methods=["DELETE"]),
            Route("/_emulator", control.home, methods=["GET"]),
            Route("/", control.home, methods=["GET"]),
            Route("/{path:path}", control.unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ],
    )
