"""`/v1/refunds` ("Refunds")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import refunds
from stripe_emulator.routing.pagination import listing
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Fields,
    Integer,
    Only,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import needs_any, one_of_two
from stripe_emulator.storage.entity import Entity

_KIND = "refund"

_CREATE: Fields = {
    **EXPAND,
    "amount": Integer(least=1),
    "charge": String(),
    "currency": Unsupported(),
    "customer": Unsupported(),
    "instructions_email": Unsupported(),
    "metadata": METADATA,
    "origin": Unsupported(),
    "payment_intent": String(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    "refund_application_fee": Only(field=Boolean()),
    "reverse_transfer": Only(field=Boolean()),
}
_RULES = (
    one_of_two("charge", "payment_intent"),
    needs_any(
        ("charge", "payment_intent"),
        "One of the following params should be provided for this request: payment_intent or charge.",
    ),
)
#: The charge is in the path.
_OF_CHARGE: Fields = {name: field for name, field in _CREATE.items() if name not in ("charge", "payment_intent")}
_UPDATE: Fields = {**EXPAND, "metadata": METADATA}
_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


def create(request: Request) -> JSON:
    """POST /v1/refunds."""
    return refunds.create(request, _charge(request), request.params).data


def _charge(request: Request) -> Entity:
    params = request.params
    if "charge" in params:
        return request.find("charge", params["charge"], "charge")
    intent = request.find("payment_intent", params["payment_intent"], "payment_intent")
    charge = request.get("charge", intent.data["latest_charge"])
    if charge is None:
        message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
        raise invalid_request(message, param="payment_intent", stored=True)
    return charge


def create_for_charge(request: Request) -> JSON:
    """POST /v1/charges/{}/refunds: the older path."""
    return refunds.create(request, request.named("charge"), request.params).data


def cancel(request: Request) -> JSON:
    """POST /v1/refunds/{}/cancel."""
    refund = request.named(_KIND)
    refunds.cancel(request, refund)
    return refund.data


def list_for_charge(request: Request) -> JSON:
    """GET /v1/charges/{}/refunds."""
    return listing(request, _KIND, {"charge": request.named("charge").id})


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/refunds",
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, after=refunds.updated),
    list=List(fields=_LIST, filters=("charge", "payment_intent")),
    more=(
        post("/v1/refunds/{}/cancel", cancel),
        post("/v1/charges/{}/refunds", create_for_charge, _OF_CHARGE),
        get("/v1/charges/{}/refunds", list_for_charge, TIMED_PAGING),
    ),
    linked=("payment_intent", "charge"),
)
