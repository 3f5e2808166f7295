"""The hosted pages: Checkout, receipts, invoices, and a stand-in for a bank's authentication page.

All pages are under `/c/pay/` and use only relative URLs, so that another server can proxy this prefix under its own
origin. There are no inline scripts or styles: the pages work with a strict content security policy.
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
from stripe_emulator.pages.papers import InvoicePage, ReceiptPage
from stripe_emulator.pages.rendering import HEADERS, locale_for, message


def build_hosted(emulator: Emulator) -> Starlette:
    """Return the ASGI application of all pages under `/c/pay/`."""
    checkout, authentication = CheckoutPage(emulator), AuthenticationPage(emulator)
    receipt, invoice = ReceiptPage(emulator), InvoicePage(emulator)

    async def failed(request: Request, error: Exception) -> Response:
        # Usually a full disk. No response was sent yet, so the buyer can retry.
        emulator.store.rollback()
        logging.getLogger("stripe_emulator").error("%s failed", request.url.path, exc_info=error)
        text = (
            "The local Stripe emulator failed. Check the order before you try again. The emulator's log has the error."
        )
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"error": {"field": "", "message": text}}, 500, HEADERS)
        return message(locale_for(request), "Something went wrong", text, status=500, assets="../assets")

    return Starlette(
        exception_handlers={Exception: failed},
        routes=[
            Mount("/c/pay/assets", StaticFiles(directory=Path(__file__).parent / "assets")),
            Route("/c/pay/receipt/{charge}", receipt.show, methods=["GET"]),
            Route("/c/pay/invoice/{invoice}", invoice.show, methods=["GET"]),
            Route("/c/pay/invoice/{invoice}/pdf", invoice.download, methods=["GET"]),
            Route("/c/pay/recover/{session}", checkout.recover, methods=["GET"]),
            Route("/c/pay/{session}", checkout.show, methods=["GET"]),
            Route("/c/pay/{session}", checkout.update, methods=["POST"]),
            Route("/c/pay/{session}/branding.css", BrandingSheet(emulator).show, methods=["GET"]),
            Route("/c/pay/{session}/confirm", checkout.confirm, methods=["POST"]),
            Route("/c/pay/{session}/authenticate", authentication.show_session, methods=["GET"]),
            Route("/c/pay/{session}/authenticate", authentication.finish_session, methods=["POST"]),
            Route("/c/pay/intent/{intent}", authentication.show_intent, methods=["GET"]),
            Route("/c/pay/intent/{intent}", authentication.finish_intent, methods=["POST"]),
        ],
    )
