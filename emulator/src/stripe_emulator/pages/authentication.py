"""The stand-in for the bank's authentication page (3-D Secure)."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stripe_emulator.account.context import Context, page_context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.pages.checkout import finished, success_url
from stripe_emulator.pages.locales import Locale
from stripe_emulator.pages.payment_form import read_form
from stripe_emulator.pages.rendering import HEADERS, locale_for, message, page
from stripe_emulator.payments import checkout, intents
from stripe_emulator.storage.entity import Entity


class AuthenticationPage:
    """The page, for Checkout Sessions (`/c/pay/{session}/authenticate`) and PaymentIntents (`/c/pay/intent/{…}`)."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show_session(self, request: Request) -> Response:
        """Show the page, if there is a payment to authenticate."""
        session, intent = self._session_and_intent(request)
        if session is None or intent is None:
            return _nothing(request)
        if session.data["status"] != "open":
            return (
                finished(request, session)
                if success_url(session)
                else RedirectResponse(f"../{session.id}", 303, HEADERS)
            )
        if intent.data["status"] != "requires_action":
            return RedirectResponse(f"../{session.id}", 303, HEADERS)
        return _question(intent, locale_for(request, session.data["locale"]))

    async def finish_session(self, request: Request) -> Response:
        """Redirect to the shop, or back to the checkout page with the error."""
        success = (await read_form(request)).get("outcome") == "complete"
        session, intent = self._session_and_intent(request)
        if session is None or intent is None:
            return _nothing(request)
        self._finish(intent, success=success)
        return RedirectResponse(success_url(session) or f"../{session.id}", 303, HEADERS)

    async def show_intent(self, request: Request) -> Response:
        """Show the page for a PaymentIntent that was confirmed through the API."""
        intent = Context(self._emulator).get("payment_intent", request.path_params["intent"])
        if intent is None or intent.data["status"] != "requires_action":
            return _nothing(request)
        return _question(intent, locale_for(request))

    async def finish_intent(self, request: Request) -> Response:
        """Redirect to the `return_url` with the parameters that Stripe appends."""
        success = (await read_form(request)).get("outcome") == "complete"
        intent = Context(self._emulator).get("payment_intent", request.path_params["intent"])
        if intent is None:
            return _nothing(request)
        self._finish(intent, success=success)
        back = intent.private.get("return_url")
        if not back:
            text = "The result was sent to the shop. You can close this page."
            return message(locale_for(request), "Thank you", text, assets="../assets")
        extra = {
            "payment_intent": intent.id,
            "payment_intent_client_secret": intent.data["client_secret"],
            "redirect_status": "succeeded" if success else "failed",
        }
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{urlencode(extra)}", 303, HEADERS)

    def _session_and_intent(self, request: Request) -> tuple[Entity | None, Entity | None]:
        context = Context(self._emulator)
        session = context.get("checkout.session", request.path_params["session"])
        return session, session and context.get("payment_intent", session.data["payment_intent"])

    def _finish(self, intent: Entity, *, success: bool) -> None:
        context = page_context(self._emulator)
        intents.authenticate(context, intent, success=success)
        checkout.follow(context, intent)
        self._emulator.store.commit()


def _question(intent: Entity, locale: Locale) -> Response:
    amount = locale.money(intent.data["amount"], intent.data["currency"])
    return page("authenticate.html", locale=locale, assets="../assets", amount=amount)


def _nothing(request: Request) -> Response:
    text = "No payment is waiting for authentication at this address."
    return message(locale_for(request), "Nothing to authenticate", text, status=404, assets="../assets")
