"""`/v1/customers/{}/sources`: legacy cards, which the CLI's triggers still create."""

from __future__ import annotations

from stripe_emulator.errors import missing_resource
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import methods
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    PAGING,
    Fields,
    Integer,
    String,
    Unsupported,
    choice,
    merge_metadata,
)
from stripe_emulator.storage.entity import Entity

_KIND = "card"
_CREATE: Fields = {**EXPAND, "metadata": METADATA, "source": String(required=True), "validate": Unsupported()}
_ADDRESS = ("address_city", "address_country", "address_line1", "address_line2", "address_state", "address_zip")
_UPDATE: Fields = {
    **EXPAND,
    **dict.fromkeys(_ADDRESS, String(clearable=True)),
    **dict.fromkeys(("account_holder_name", "account_holder_type", "owner"), Unsupported()),
    "exp_month": Integer(),
    "exp_year": Integer(),
    "metadata": METADATA,
    "name": String(clearable=True),
}
_LIST: Fields = {**PAGING, "object": choice("bank_account", "card", "source")}


def new_card(method: JSON, customer: str) -> JSON:
    """Build a card source from a card PaymentMethod."""
    card = method["card"]
    return {
        "id": new_id("card"),
        "object": "card",
        "address_city": None,
        "address_country": None,
        "address_line1": None,
        "address_line1_check": None,
        "address_line2": None,
        "address_state": None,
        "address_zip": None,
        "address_zip_check": None,
        "allow_redisplay": "unspecified",
        "brand": card["brand"].capitalize(),
        "country": card["country"],
        "customer": customer,
        "cvc_check": card["checks"]["cvc_check"],
        "dynamic_last4": None,
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "last4": card["last4"],
        "metadata": {},
        "name": None,
        "regulated_status": card["regulated_status"],
        "tokenization_method": None,
    }


def add(request: Request, customer: Entity, token: str) -> Entity:
    """Add a card to the customer; the first becomes the default source."""
    method = methods.find(request, token, "source")
    card = request.add(_KIND, new_card(method.data, customer.id), {"number": method.private.get("number")})
    # Charges made from this source find a PaymentMethod under the card's id.
    twin = {**method.data, "id": card.id, "customer": customer.id}
    request.add("payment_method", twin, dict(method.private))
    if customer.data["default_source"] is None:
        customer.data["default_source"] = card.id
        request.save(customer)
    request.emit("customer.source.created", card.data)
    return card


def create(request: Request) -> JSON:
    """POST /v1/customers/{}/sources."""
    card = add(request, request.named("customer"), request.params["source"])
    card.data["metadata"] = merge_metadata({}, request.params.get("metadata"))
    return card.data


def _card(request: Request) -> Entity:
    card = request.get(_KIND, request.args[1])
    if card is None or card.data["customer"] != request.args[0]:
        raise missing_resource("source", request.args[1], param="id", in_path=True)
    return card


def _forget_default(request: Request, card: Entity) -> None:
    customer = request.named("customer")
    if customer.data["default_source"] == card.id:
        customer.data["default_source"] = None
        request.save(customer)


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/customers/{}/sources",
    find=_card,
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, event="customer.source.updated"),
    delete=Delete(event="customer.source.deleted", before=_forget_default),
    list=List(fields=_LIST, filters=("object",), exact=lambda request: {"customer": request.named("customer").id}),
    linked=("customer",),
)
