"""The checkout page: shows an open session, applies the buyer's choices, takes the payment, redirects to the shop."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from stripe_emulator.account.context import Context, page_context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.errors import StripeError
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages import choices
from stripe_emulator.pages.checkout_view import Problem, checkout_values
from stripe_emulator.pages.payment_form import FormError, PaymentForm, read_form
from stripe_emulator.pages.rendering import HEADERS, locale_for, message, page
from stripe_emulator.payments import checkout, methods
from stripe_emulator.payments.checkout.recovery import recover
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
_CHANGED = Problem("", "The total has changed. Check it, then pay.")


class CheckoutPage:
    """The page `/c/pay/{session}`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show an open session's page; for a complete or expired one, redirect or explain."""
        session = self._session(request)
        if session is None:
            return _no_session(request)
        if session.data["status"] == "open":
            return self._page(request, session, self._last_error(session), PaymentForm({}), nested=False)
        return finished(request, session)

    async def update(self, request: Request) -> Response:
        """Apply the buyer's choices, and show the page with the new total."""
        form = PaymentForm(await read_form(request))
        session = self._session(request)
        if session is None:
            return _no_session(request)
        if session.data["status"] != "open":
            return finished(request, session)
        problem = self._choose(session, form)
        return self._page(request, session, problem, form, nested=False)

    async def recover(self, request: Request) -> Response:
        """Redirect to an open copy of an expired session."""
        session = self._session(request)
        copy = session and recover(page_context(self._emulator), session)
        if session is None or copy is None:
            return _no_session(request, "../assets")
        self._emulator.store.commit()
        return RedirectResponse(f"../{copy.id}", 303, HEADERS)

    async def confirm(self, request: Request) -> Response:
        """Pay. Responds with JSON to the page's script, and with a redirect or the page itself to a plain form."""
        form = PaymentForm(await read_form(request))
        # There is no await from here to the commit, so a second click finds the session already complete.
        session = self._session(request)
        scripted = "application/json" in request.headers.get("accept", "")
        if session is None:
            return _no_session(request, "../assets")
        problem = self._pay(session, form) if session.data["status"] == "open" else None
        # A commit or a rollback may have left another instance in the store.
        session = self._session(request) or session
        if problem and scripted:
            locale = locale_for(request, session.data["locale"])
            error = {"field": problem.field, "message": problem.text(locale)}
            changed = {"changed": True} if problem is _CHANGED else {}
            return JSONResponse({"error": error, **changed}, 402, HEADERS)
        if problem:
            return self._page(request, session, problem, form, nested=True)
        return _leave(_next(session), scripted=scripted)

    def _session(self, request: Request) -> Entity | None:
        return self._emulator.store.get("checkout.session", request.path_params["session"])

    def _pay(self, session: Entity, form: PaymentForm) -> Problem | None:
        """Return None on success, or if authentication is required, else the problem."""
        if problem := self._choose(session, form):
            return problem
        session = self._emulator.store.get("checkout.session", session.id) or session
        # Without it, a program pays, not the page's form.
        if form.get("expected_amount") not in ("", str(session.data["amount_total"])):
            return _CHANGED
        store = self._emulator.store
        try:
            self._attempt(page_context(self._emulator), session, form)
        except FormError as error:
            store.rollback()
            return Problem.of(error)
        except StripeError as error:
            store.rollback()
            return Problem(_FIELDS.get(error.error.get("code", ""), ""), error.template, error.values)
        store.commit()
        self._emulator.pruning.answered()
        return self._last_error(session) if session.data["status"] == "open" else None

    def _choose(self, session: Entity, form: PaymentForm) -> Problem | None:
        """Apply the buyer's choices. Return the problem with them."""
        try:
            choices.apply(page_context(self._emulator), session, form)
        except FormError as error:
            self._emulator.store.rollback()
            return Problem.of(error)
        self._emulator.store.commit()
        return None

    def _attempt(self, context: Context, session: Entity, form: PaymentForm) -> None:
        data, private = session.data, session.private
        billing = form.billing(data)
        private["shipping"] = form.shipping(data)
        private["business_name"], private["tax_ids"] = form.tax_id(data)
        data["custom_fields"] = form.custom_fields(data)
        data["consent"] = form.agree(data)
        if data["amount_total"] == 0:
            checkout.complete_free(context, session, billing)
            return
        checkout.pay(context, session, _method(context, session, form, billing))

    def _last_error(self, session: Entity) -> Problem | None:
        intent = self._emulator.store.get("payment_intent", session.data["payment_intent"] or "")
        error = intent and intent.data["last_payment_error"]
        return Problem(_FIELDS.get(error["code"], ""), error["message"]) if error else None

    def _page(
        self, request: Request, session: Entity, problem: Problem | None, form: PaymentForm, *, nested: bool
    ) -> Response:
        """Show the page. `nested` tells that its address is one level below its own, as that of the form's target."""
        session = self._session(request) or session
        locale = locale_for(request, session.data["locale"])
        values = checkout_values(Context(self._emulator), session, locale, problem, form)
        if nested:
            paths = {"assets": "../assets", "page": f"../{session.id}", "below": ""}
        else:
            paths = {"assets": "assets", "page": session.id, "below": f"{session.id}/"}
        return page("checkout.html", 402 if nested else 200, locale=locale, **values, **paths)


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


def finished(request: Request, session: Entity) -> Response:
    """Redirect to the shop, or explain why the session is over."""
    onward = success_url(session)
    if onward:
        return RedirectResponse(onward, 303, HEADERS)
    locale, back = locale_for(request, session.data["locale"]), session.data["cancel_url"]
    if session.data["status"] == "expired":
        text = "This checkout page is no longer valid. Go back to the shop and start again."
        return message(locale, "This page has expired", text, back=back)
    return message(locale, "Already paid", "This payment is already complete.", back=back)


def _no_session(request: Request, assets: str = "assets") -> Response:
    text = "There is no Checkout Session at this address. It may belong to another emulator, or the emulator was reset."
    return message(locale_for(request), "Page not found", text, status=404, assets=assets)
