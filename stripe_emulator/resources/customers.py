"""`/v1/customers` ("Customers")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.expand import includable
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.customer import new_customer
from stripe_emulator.pagination import first_page, listing
from stripe_emulator.payments import methods
from stripe_emulator.resources import sources
from stripe_emulator.resources.common import CLEARABLE, CLEARABLE_ADDRESS, CLEARABLE_SHIPPING
from stripe_emulator.resources.discounts import give_discount
from stripe_emulator.resources.payment_methods import attach_to
from stripe_emulator.resources.updating import change, deleted
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    AnyHash,
    Array,
    Boolean,
    Email,
    Fields,
    Hash,
    Integer,
    String,
    Unsupported,
    choice,
)

_KIND = "customer"

_SETTINGS = Hash(
    fields={
        "custom_fields": AnyHash(clearable=True),
        "default_payment_method": String(clearable=True),
        "footer": CLEARABLE,
        "rendering_options": AnyHash(clearable=True),
    }
)
_COMMON: Fields = {
    **EXPAND,
    "address": CLEARABLE_ADDRESS,
    "balance": Integer(),
    "business_name": CLEARABLE,
    "cash_balance": AnyHash(),
    # `coupon` left Stripe's API, but the CLI's triggers still send it and older API versions still know it.
    "coupon": CLEARABLE,
    "description": CLEARABLE,
    "email": Email(clearable=True),
    "individual_name": CLEARABLE,
    "invoice_prefix": String(longest=12),
    "invoice_settings": _SETTINGS,
    "metadata": METADATA,
    "name": String(clearable=True, longest=256),
    "next_invoice_sequence": Integer(least=1),
    "phone": String(clearable=True, longest=40),
    "preferred_locales": Array(item=String()),
    "shipping": CLEARABLE_SHIPPING,
    "source": String(),
    "tax": AnyHash(),
    "tax_exempt": choice("exempt", "none", "reverse", clearable=True),
    "validate": Boolean(),
}
_CREATE: Fields = {
    **_COMMON,
    "payment_method": String(),
    "tax_id_data": Unsupported(),
    "test_clock": Unsupported(),
}
_UPDATE: Fields = {**_COMMON, "default_source": String()}
_LIST: Fields = {**TIMED_PAGING, "email": String(), "test_clock": Unsupported()}

#: Parameters that mean more than "put this into the object".
_SPECIAL = ("source", "coupon", "payment_method", "invoice_settings", "validate", "tax", "cash_balance", "expand")


def create(call: Call) -> JSON:
    """POST /v1/customers."""
    params = call.params
    customer = call.add(_KIND, new_customer(params, call.now()))
    call.emit("customer.created", customer.data)
    if wanted := params.get("payment_method"):
        attach_to(call, methods.find(call, wanted), customer)
    _special(call, customer)
    return customer.data


def _special(call: Call, customer: Entity) -> None:
    params = call.params
    if "invoice_settings" in params:
        _settings(call, customer, params["invoice_settings"])
    if "source" in params:
        sources.add(call, customer, params["source"])
    if "coupon" in params:
        give_discount(call, customer, params["coupon"])


def _settings(call: Call, customer: Entity, given: JSON) -> None:
    """A test name as default payment method means the one that was attached with it."""
    settings = {**customer.data["invoice_settings"], **given}
    wanted = given.get("default_payment_method")
    if wanted:
        found = call.get("payment_method", wanted)
        attached = call.emulator.store.linked("payment_method", "customer", customer.id)
        if found is None and attached and methods.find(call, wanted):
            found = attached[-1]
        if found is None or found.data["customer"] != customer.id:
            message = f"The customer does not have a payment method with the ID {wanted}."
            raise invalid_request(message, param="invoice_settings[default_payment_method]", code="resource_missing")
        settings["default_payment_method"] = found.id
    customer.data["invoice_settings"] = settings
    call.save(customer)


def retrieve(call: Call) -> JSON:
    """GET /v1/customers/{}. A deleted one answers that it is."""
    customer = call.named(_KIND)
    return deleted(customer) if customer.private.get("deleted") else customer.data


def _living(call: Call) -> Entity:
    customer = call.named(_KIND)
    if customer.private.get("deleted"):
        message = f"No such customer: '{customer.id}'; it was deleted."
        raise invalid_request(message, param="id", code="resource_missing", status=404)
    return customer


def update(call: Call) -> JSON:
    """POST /v1/customers/{}."""
    customer = _living(call)
    plain = tuple(name for name in call.params if name not in _SPECIAL)
    change(call, customer, "customer.updated" if plain else None, plain)
    _special(call, customer)
    return customer.data


def remove(call: Call) -> JSON:
    """DELETE /v1/customers/{}."""
    customer = _living(call)
    customer.private["deleted"] = True
    call.save(customer)
    call.emit("customer.deleted", customer.data)
    return deleted(customer)


def list_customers(call: Call) -> JSON:
    """GET /v1/customers."""

    def living(data: JSON) -> bool:
        entity = call.get(_KIND, data["id"])
        return entity is not None and not entity.private.get("deleted")

    return listing(call, _KIND, call.given("email"), living)


@includable(_KIND, "sources")
def _sources(call: Call, data: JSON) -> JSON:
    cards = call.emulator.store.linked("card", "customer", data["id"])
    return first_page(f"/v1/customers/{data['id']}/sources", [card.data for card in cards])


@includable(_KIND, "subscriptions")
def _subscriptions(call: Call, data: JSON) -> JSON:
    found = call.emulator.store.linked("subscription", "customer", data["id"])
    living = [each.data for each in found if each.data["status"] != "canceled"]
    return first_page(f"/v1/customers/{data['id']}/subscriptions", living)


@includable(_KIND, "tax_ids")
def _tax_ids(call: Call, data: JSON) -> JSON:
    return first_page(f"/v1/customers/{data['id']}/tax_ids", [])


ROUTES: list[Route] = [
    post("/v1/customers", create, _CREATE),
    get("/v1/customers", list_customers, _LIST),
    get("/v1/customers/{}", retrieve),
    post("/v1/customers/{}", update, _UPDATE),
    delete("/v1/customers/{}", remove),
]
