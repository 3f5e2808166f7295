"""`/v1/payment_pages`, which `stripe trigger checkout.session.*` uses to pay. Undocumented."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import checkout, intents, methods
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import get, post
from stripe_emulator.schema import EXPAND, Fields, Integer, String
from stripe_emulator.storage.entity import Entity

_CONFIRM: Fields = {
    **EXPAND,
    "expected_amount": Integer(),
    "payment_method": String(required=True),
}


def _session(request: Request) -> Entity:
    return request.named("checkout.session", "session")


def retrieve(request: Request) -> JSON:
    """GET /v1/payment_pages/{}."""
    return _session(request).data


def confirm(request: Request) -> JSON:
    """POST /v1/payment_pages/{}/confirm: pay a session without a browser."""
    session = _session(request)
    if session.data["status"] != "open":
        message = f"This Checkout Session is no longer active: its status is {session.data['status']}."
        raise invalid_request(message, code="checkout_not_active_session", stored=True)
    if request.params.get("expected_amount", session.data["amount_total"]) != session.data["amount_total"]:
        message = "The amount of this Checkout Session has changed."
        raise invalid_request(message, param="expected_amount", code="checkout_amount_mismatch")
    method = methods.find(request, request.params["payment_method"])
    if method.data["type"] not in session.data["payment_method_types"]:
        message = f"This Checkout Session does not accept payments by {method.data['type']}."
        raise invalid_request(message, param="payment_method")
    intent = checkout.pay(request, session, method)
    intents.raise_last_error(intent)
    return session.data


ROUTES = (get("/v1/payment_pages/{}", retrieve), post("/v1/payment_pages/{}/confirm", confirm, _CONFIRM))
