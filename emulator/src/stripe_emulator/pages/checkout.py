"""The checkout page: shows an open session, takes the payment, redirects to the shop."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from stripe_emulator.account.context import Context, page_context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.errors import StripeError
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.checkout_view import checkout_values
from stripe_emulator.pages.payment_form import FormError, PaymentForm, read_form
from stripe_emulator.pages.rendering import HEADERS, page
from stripe_emulator.payments import checkout, methods
from stripe_emulator.storage.entity import Entity

#: The input for each error code.
_FIELDS = {
    "incorrect_number": "card-number",
    "invalid_expiry_month": "card-expiry",
    "invalid_expiry_year": "card-expiry",
    "expired_card": "card-expiry",
    "invalid_cvc": "card-cvc",
    "incorrect_cvc": "card-cvc",
    "invalid_bank_account_iban": "iban",
    "routing_number_invalid": "routing-number",
    "account_number_invalid": "account-number",
}


class CheckoutPage:
    """The page `/c/pay/{session}`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show an open session's page; for a complete or expired one, redirect or explain."""
        session = self._emulator.store.get("checkout.session", request.path_params["session"])
        if session is None:
            return page("message.html", 404, **_no_session())
        if session.data["status"] == "open":
            return page("checkout.html", **checkout_values(session, self._last_error(session), {}))
        return finished(session)

    async def confirm(self, request: Request) -> Response:
        """Pay. Responds with JSON to the page's script, and with a redirect or the page itself to a plain form."""
        form = PaymentForm(await read_form(request))
        # There is no await from here to the commit, so a second click finds the session already complete.
        session = self._emulator.store.get("checkout.session", request.path_params["session"])
        scripted = "application/json" in request.headers.get("accept", "")
        if session is None:
            return page("message.html", 404, **_no_session())
        error = self._pay(session, form) if session.data["status"] == "open" else None
        if error:
            return self._refused(session, form, error, scripted=scripted)
        return _leave(_next(session), scripted=scripted)

    def _pay(self, session: Entity, form: PaymentForm) -> tuple[str, str] | None:
        """Return None on success, or if authentication is required, else the field and the message."""
        store = self._emulator.store
        try:
            self._attempt(page_context(self._emulator), session, form)
        except FormError as error:
            store.rollback()
            return error.field, str(error)
        except StripeError as error:
            store.rollback()
            return _FIELDS.get(error.error.get("code", ""), ""), str(error)
        store.commit()
        self._emulator.pruning.answered()
        return self._last_error(session) if session.data["status"] == "open" else None

    def _attempt(self, context: Context, session: Entity, form: PaymentForm) -> None:
        billing = form.billing(session.data)
        session.private["shipping"] = form.shipping(session.data)
        session.data["consent"] = form.agree(session.data)
        if session.data["amount_total"] == 0:
            checkout.complete_free(context, session, billing)
            return
        checkout.pay(context, session, _method(context, session, form, billing))

    def _last_error(self, session: Entity) -> tuple[str, str] | None:
        intent = self._emulator.store.get("payment_intent", session.data["payment_intent"] or "")
        error = intent and intent.data["last_payment_error"]
        if not error:
            return None
        return _FIELDS.get(error["code"], ""), error["message"]

    @staticmethod
    def _refused(session: Entity, form: PaymentForm, error: tuple[str, str], *, scripted: bool) -> Response:
        if scripted:
            return JSONResponse({"error": {"field": error[0], "message": error[1]}}, 402, HEADERS)
        # The form's target is one level below the page's own URL, which the relative links must account for.
        typed = {name: form.get(name) for name in ("email", "card-name", "account-name")}
        values = checkout_values(session, error, typed)
        values |= {"assets": "../assets", "action": "confirm", "branding": values["branding"] and "branding.css"}
        return page("checkout.html", 402, **values)


def _method(context: Context, session: Entity, form: PaymentForm, billing: JSON) -> Entity:
    types = session.data["payment_method_types"]
    chosen = form.get("method") if form.get("method") in types else types[0]
    if chosen == "sepa_debit":
        form.require("account-name", "Enter the name on the account.")
        return methods.from_iban(context, form.require("iban", "Enter an IBAN."), billing)
    if chosen == "us_bank_account":
        form.require("account-name", "Enter the name on the account.")
        number = form.require("account-number", "Enter an account number.")
        return methods.from_us_account(
            context, number, form.require("routing-number", "Enter a routing number."), billing
        )
    return methods.from_number(context, form.card(), billing)


def _next(session: Entity) -> str:
    """Return where the buyer goes next, relative to the confirm URL unless it is the shop."""
    if session.data["status"] == "open":
        return "authenticate"
    return success_url(session) or f"../{session.id}"


def _leave(target: str, *, scripted: bool) -> Response:
    if scripted:
        return JSONResponse({"redirect": target}, headers=HEADERS)
    return RedirectResponse(target, 303, HEADERS)


def success_url(session: Entity) -> str | None:
    """Return the shop's page, with the session's id filled in ("Customize redirect behavior"), or None."""
    data = session.data
    # "if_required" redirects after methods that lead to another page; there are none here.
    returns = data["ui_mode"] == "embedded_page" and data["redirect_on_completion"] == "always"
    url = (data["return_url"] if returns else data["success_url"]) if data["status"] == "complete" else None
    return url and str(url).replace("{CHECKOUT_SESSION_ID}", session.id)


def finished(session: Entity) -> Response:
    """Redirect to the shop, or explain why the session is over."""
    onward = success_url(session)
    if onward:
        return RedirectResponse(onward, 303, HEADERS)
    back = session.data["cancel_url"]
    if session.data["status"] == "expired":
        text = "This checkout page is no longer valid. Go back to the shop and start again."
        return page("message.html", assets="assets", title="This page has expired", text=text, back=back)
    text = "This payment is already complete."
    return page("message.html", assets="assets", title="Already paid", text=text, back=back)


def _no_session() -> JSON:
    text = "There is no Checkout Session at this address. It may belong to another emulator, or the emulator was reset."
    return {"assets": "assets", "title": "Page not found", "text": text, "back": None}
