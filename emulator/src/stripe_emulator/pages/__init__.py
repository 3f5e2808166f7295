"""The hosted pages: Checkout and the stand-in for a bank's authentication page.

Everything lives under `/c/pay/` and uses relative URLs only, so that another server can proxy the
prefix under its own origin. No inline scripts or styles: the pages work under a strict content security policy.
"""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.pages.authentication import AuthenticationPage
from stripe_emulator.pages.branding import BrandingSheet
from stripe_emulator.pages.checkout import CheckoutPage
from stripe_emulator.pages.receipt import ReceiptPage
from stripe_emulator.pages.rendering import HEADERS, page


def build_hosted(emulator: Emulator) -> Starlette:
    """Return the ASGI application of all pages under `/c/pay/`."""
    checkout, authentication = CheckoutPage(emulator), AuthenticationPage(emulator)
    receipt = ReceiptPage(emulator)

    async def failed(request: Request, error: Exception) -> Response:
        # A full disk, mostly. Nothing was answered yet, so nothing that was promised is lost.
        emulator.store.rollback()
        logging.getLogger("stripe_emulator").error("%s failed", request.url.path, exc_info=error)
        text = "The local Stripe emulator failed; its log says why. Check the order before you try again."
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"error": {"field": "", "message": text}}, 500, HEADERS)
        return page("message.html", 500, assets="../assets", title="Something went wrong", text=text, back=None)

    return Starlette(
        exception_handlers={Exception: failed},
        routes=[
            Mount("/c/pay/assets", StaticFiles(directory=Path(__file__).parent / "assets")),
            Route("/c/pay/receipt/{charge}", receipt.show, methods=["GET"]),
            Route("/c/pay/{session}", checkout.show, methods=["GET"]),
            Route("/c/pay/{session}/branding.css", BrandingSheet(emulator).show, methods=["GET"]),
            Route("/c/pay/{session}/confirm", checkout.confirm, methods=["POST"]),
            Route("/c/pay/{session}/authenticate", authentication.show_session, methods=["GET"]),
            Route("/c/pay/{session}/authenticate", authentication.finish_session, methods=["POST"]),
            Route("/c/pay/intent/{intent}", authentication.show_intent, methods=["GET"]),
            Route("/c/pay/intent/{intent}", authentication.finish_intent, methods=["POST"]),
        ],
    )
