"""`/v1/refunds` ("Refunds")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.pagination import listing
from stripe_emulator.payments import refunds
from stripe_emulator.resources.updating import change
from stripe_emulator.routing import Route, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Currency,
    Email,
    Fields,
    Integer,
    String,
    Unsupported,
    choice,
)

_KIND = "refund"

_CREATE: Fields = {
    **EXPAND,
    "amount": Integer(least=1),
    "charge": String(),
    "currency": Currency(),
    "customer": Unsupported(),
    "instructions_email": Email(),
    "metadata": METADATA,
    "origin": Unsupported(),
    "payment_intent": String(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    "refund_application_fee": Boolean(),
    "reverse_transfer": Boolean(),
}
_UPDATE: Fields = {**EXPAND, "metadata": METADATA}
_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


def create(call: Call) -> JSON:
    """POST /v1/refunds."""
    return refunds.create(call, _charge(call), call.params).data


def _charge(call: Call) -> Entity:
    params = call.params
    if "charge" in params:
        return call.find("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise invalid_request(message)
    intent = call.find("payment_intent", params["payment_intent"], "payment_intent")
    charge = call.get("charge", intent.data["latest_charge"])
    if charge is None:
        message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
        raise invalid_request(message, param="payment_intent", stored=True)
    return charge


def create_for_charge(call: Call) -> JSON:
    """POST /v1/charges/{}/refunds: the older path."""
    return refunds.create(call, call.named("charge"), call.params).data


def retrieve(call: Call) -> JSON:
    """GET /v1/refunds/{}."""
    return call.named(_KIND).data


def update(call: Call) -> JSON:
    """POST /v1/refunds/{}: the metadata only."""
    refund = call.named(_KIND)
    previous = change(call, refund, None)
    refunds.updated(call, refund, previous)
    return refund.data


def cancel(call: Call) -> JSON:
    """POST /v1/refunds/{}/cancel."""
    refund = call.named(_KIND)
    refunds.cancel(call, refund)
    return refund.data


def list_refunds(call: Call) -> JSON:
    """GET /v1/refunds."""
    return listing(call, _KIND, call.given("charge", "payment_intent"))


def list_for_charge(call: Call) -> JSON:
    """GET /v1/charges/{}/refunds."""
    return listing(call, _KIND, {"charge": call.named("charge").id})


ROUTES: list[Route] = [
    post("/v1/refunds", create, _CREATE),
    get("/v1/refunds", list_refunds, _LIST),
    get("/v1/refunds/{}", retrieve),
    post("/v1/refunds/{}", update, _UPDATE),
    post("/v1/refunds/{}/cancel", cancel),
    post("/v1/charges/{}/refunds", create_for_charge, _CREATE),
    get("/v1/charges/{}/refunds", list_for_charge, TIMED_PAGING),
]
