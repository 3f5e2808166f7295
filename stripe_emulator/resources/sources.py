"""`/v1/customers/{}/sources`: legacy cards, because the CLI's triggers still make them."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import missing_resource
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.card import new_card
from stripe_emulator.pagination import listing
from stripe_emulator.payments import methods
from stripe_emulator.resources.updating import change, deleted
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import EXPAND, METADATA, PAGING, Boolean, Fields, Integer, String

_KIND = "card"
_CREATE: Fields = {**EXPAND, "metadata": METADATA, "source": String(required=True), "validate": Boolean()}
_ADDRESS = ("address_city", "address_country", "address_line1", "address_line2", "address_state", "address_zip")
_UPDATE: Fields = {
    **EXPAND,
    **dict.fromkeys(_ADDRESS, String(clearable=True)),
    "exp_month": Integer(),
    "exp_year": Integer(),
    "metadata": METADATA,
    "name": String(clearable=True),
}
_LIST: Fields = {**PAGING, "object": String()}


def add(call: Call, customer: Entity, token: str) -> Entity:
    """A card for the customer; the first becomes the default source."""
    method = methods.find(call, token, "source")
    card = call.add(_KIND, new_card(method.data, customer.id), {"number": method.private.get("number")})
    # Charges made from this source find a PaymentMethod under the card's id.
    twin = {**method.data, "id": card.id, "customer": customer.id}
    call.add("payment_method", twin, dict(method.private))
    if customer.data["default_source"] is None:
        customer.data["default_source"] = card.id
        call.save(customer)
    call.emit("customer.source.created", card.data)
    return card


def create(call: Call) -> JSON:
    """POST /v1/customers/{}/sources."""
    return add(call, call.named("customer"), call.params["source"]).data


def _card(call: Call) -> Entity:
    card = call.get(_KIND, call.args[1])
    if card is None or card.data["customer"] != call.args[0]:
        raise missing_resource("source", call.args[1], param="id", in_path=True)
    return card


def retrieve(call: Call) -> JSON:
    """GET /v1/customers/{}/sources/{}."""
    return _card(call).data


def update(call: Call) -> JSON:
    """POST /v1/customers/{}/sources/{}."""
    card = _card(call)
    change(call, card, "customer.source.updated")
    return card.data


def remove(call: Call) -> JSON:
    """DELETE /v1/customers/{}/sources/{}."""
    card = _card(call)
    customer = call.named("customer")
    if customer.data["default_source"] == card.id:
        customer.data["default_source"] = None
        call.save(customer)
    call.emulator.store.delete(card)
    call.emit("customer.source.deleted", card.data)
    return deleted(card)


def list_sources(call: Call) -> JSON:
    """GET /v1/customers/{}/sources."""
    return listing(call, _KIND, {"customer": call.named("customer").id})


ROUTES: list[Route] = [
    post("/v1/customers/{}/sources", create, _CREATE),
    get("/v1/customers/{}/sources", list_sources, _LIST),
    get("/v1/customers/{}/sources/{}", retrieve),
    post("/v1/customers/{}/sources/{}", update, _UPDATE),
    delete("/v1/customers/{}/sources/{}", remove),
]
