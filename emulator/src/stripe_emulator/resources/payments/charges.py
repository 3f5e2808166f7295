"""`/v1/charges` ("Charges"). Creating one directly is the legacy way; it is a PaymentIntent underneath."""

from __future__ import annotations

from stripe_emulator.errors import card_error, invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.charge import describe
from stripe_emulator.payments import checkout, holds, intents, methods
from stripe_emulator.resources.common import SHIPPING
from stripe_emulator.resources.payments.payment_intents import check_amount
from stripe_emulator.routing.pagination import first_page
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Currency,
    Descriptor,
    Email,
    Fields,
    Hash,
    Integer,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.storage.entity import Entity

_KIND = "charge"

_CONNECT: Fields = {
    name: Unsupported()
    for name in ("application_fee", "application_fee_amount", "destination", "on_behalf_of", "transfer_data")
}
_CREATE: Fields = {
    **EXPAND,
    **_CONNECT,
    "amount": Integer(required=True, least=1),
    "capture": Boolean(),
    "currency": Currency(required=True),
    "customer": String(),
    "description": String(longest=40_000),
    "metadata": METADATA,
    "radar_options": Unsupported(),
    "receipt_email": Email(),
    "shipping": SHIPPING,
    "source": String(),
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
    "transfer_group": String(),
}
_UPDATE: Fields = {
    **EXPAND,
    "customer": String(),
    "description": String(longest=40_000),
    "fraud_details": Hash(fields={"user_report": choice("fraudulent", "safe", clearable=True, required=True)}),
    "metadata": METADATA,
    "receipt_email": Email(),
    "shipping": SHIPPING,
    "transfer_group": String(),
}
_CAPTURE: Fields = {
    **EXPAND,
    **{name: field for name, field in _CONNECT.items() if name not in ("destination", "on_behalf_of")},
    "amount": Integer(least=1),
    "receipt_email": Email(),
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
    "transfer_group": String(),
}
_LIST: Fields = {
    **TIMED_PAGING,
    "customer": String(),
    "payment_intent": String(),
    "transfer_group": String(),
}


def create(request: Request) -> JSON:
    """POST /v1/charges."""
    params = request.params
    check_amount(params["amount"], params["currency"])
    source = params.get("source") or _default_source(request)
    method = methods.find(request, source, "source")
    capture_method = "automatic" if params.get("capture", True) else "manual"
    intent = intents.create(request, {**params, "capture_method": capture_method, "payment_method_types": ["card"]})
    intent.private["legacy"] = True
    intents.attempt(request, intent, method)
    intents.raise_last_error(intent)
    return request.find(_KIND, intent.data["latest_charge"]).data


def _default_source(request: Request) -> str:
    wanted = request.params.get("customer")
    customer = request.find("customer", wanted, "customer") if wanted else None
    if customer is None:
        raise invalid_request("Must provide source or customer.", code="parameter_missing", param="source")
    if source := customer.data["default_source"]:
        return str(source)
    message = (
        "This Customer doesn't have any saved payment details. Attach a legacy Token, Card, Bank Account, or Source to "
        "this Customer and then try this request again, or use Payment Intents and Payment Methods instead."
    )
    if request.linked("payment_method", "customer", customer.id):
        message = (
            "This Customer doesn't have any legacy saved payment details, but does have a Payment Method attached. Use "
            "a Payment Intent instead of creating a Charge: "
            "https://stripe.com/docs/payments/payment-intents/migration"
        )
    raise card_error(402, {"code": "missing", "message": message, "param": "card"})


def capture(request: Request) -> JSON:
    """POST /v1/charges/{}/capture."""
    charge = request.named(_KIND)
    intent = request.find("payment_intent", charge.data["payment_intent"])
    if charge.data["captured"] or intent.data["status"] != "requires_capture":
        message = f"Charge {charge.id} has already been captured."
        raise invalid_request(message, code="charge_already_captured", stored=True)
    if not intent.private.get("legacy"):
        message = (
            f"This uncaptured Charge was created by a PaymentIntent ({intent.id}). You must capture the PaymentIntent "
            "instead. For more information, see https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
        )
        raise invalid_request(message, stored=True)
    authorized: int = charge.data["amount"]
    amount: int = request.params.get("amount", authorized)
    if amount > charge.data["amount"]:
        message = "The requested capture amount is greater than the amount you can capture for this charge."
        raise invalid_request(message, param="amount", code="amount_too_large")
    charge.data |= request.given("receipt_email", "transfer_group")
    describe(charge.data, request.given("statement_descriptor", "statement_descriptor_suffix"))
    holds.capture(request, intent, amount)
    checkout.follow(request, intent)
    return charge.data


def _before(request: Request, charge: Entity) -> None:
    if wanted := request.params.get("customer"):
        request.find("customer", wanted, "customer")


def _refunds(request: Request, data: JSON) -> JSON:
    found = request.emulator.store.linked("refund", "charge", data["id"])
    return first_page(f"/v1/charges/{data['id']}/refunds", [refund.data for refund in reversed(found)])


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/charges",
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, event="charge.updated", before=_before),
    list=List(fields=_LIST, filters=("customer", "payment_intent", "transfer_group")),
    more=(post("/v1/charges/{}/capture", capture, _CAPTURE),),
    linked=("payment_intent", "customer"),
    included={"refunds": _refunds},
)
