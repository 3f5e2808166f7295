"""`/v1/customers` ("Customers")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.customer import new_customer
from stripe_emulator.payments import methods
from stripe_emulator.resources.common import CLEARABLE, CLEARABLE_ADDRESS, CUSTOMER_SHIPPING
from stripe_emulator.resources.customers import sources
from stripe_emulator.resources.customers.cash_balances import FUND, cash_balance
from stripe_emulator.resources.customers.discounts import give_discount, remove_discount
from stripe_emulator.resources.payments.payment_methods import attach_to
from stripe_emulator.routing.pagination import Accept, first_page
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import delete, get
from stripe_emulator.routing.updates import deleted
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Email,
    Fields,
    Hash,
    Integer,
    Pattern,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.storage.entity import Entity

_KIND = "customer"
_TAX: JSON = {
    "automatic_tax": "unrecognized_location",
    "ip_address": None,
    "location": None,
    "provider": "stripe",
}

_SETTINGS = Hash(
    fields={
        "custom_fields": Unsupported(),
        "default_payment_method": String(clearable=True),
        "footer": CLEARABLE,
        "rendering_options": Unsupported(),
    }
)
_COMMON: Fields = {
    **EXPAND,
    "address": CLEARABLE_ADDRESS,
    "balance": Integer(),
    "business_name": String(clearable=True, longest=150),
    "cash_balance": Unsupported(),
    # `coupon` was removed from Stripe's API, but older API versions have it and the CLI's triggers send it.
    "coupon": CLEARABLE,
    "description": CLEARABLE,
    "email": Email(clearable=True),
    "individual_name": String(clearable=True, longest=150),
    "invoice_prefix": Pattern(
        pattern="[A-Z0-9]{3,12}", message="Invalid {path}: must be 3 to 12 uppercase letters or numbers"
    ),
    "invoice_settings": _SETTINGS,
    "metadata": METADATA,
    "name": String(clearable=True, longest=256),
    "next_invoice_sequence": Integer(least=1),
    "phone": String(clearable=True, longest=20),
    "preferred_locales": Array(item=String()),
    "shipping": CUSTOMER_SHIPPING,
    "source": String(),
    "tax": Unsupported(),
    "tax_exempt": choice("exempt", "none", "reverse", clearable=True),
    "validate": Unsupported(),
}
_CREATE: Fields = {
    **_COMMON,
    "payment_method": String(),
    "tax_id_data": Unsupported(),
    "test_clock": Unsupported(),
}
_UPDATE: Fields = {**_COMMON, "default_source": String()}
_LIST: Fields = {**TIMED_PAGING, "email": String(), "test_clock": Unsupported()}

#: Parameters that are not simply stored in the object.
_SPECIAL = ("source", "coupon", "payment_method", "invoice_settings", "validate", "tax", "cash_balance")


def create(request: Request) -> JSON:
    """POST /v1/customers."""
    params = request.params
    customer = request.add(_KIND, new_customer(params, request.now()))
    request.emit("customer.created", customer.data)
    if wanted := params.get("payment_method"):
        attach_to(request, methods.find(request, wanted), customer)
    _special(request, customer)
    return customer.data


def _special(request: Request, customer: Entity) -> None:
    params = request.params
    if "invoice_settings" in params:
        _settings(request, customer, params["invoice_settings"])
    if "source" in params:
        sources.add(request, customer, params["source"])
    if "coupon" in params:
        give_discount(request, customer, params["coupon"])


def _settings(request: Request, customer: Entity, given: JSON) -> None:
    """Store `invoice_settings`; a test name as the default payment method means the one that was attached with it."""
    settings = {**customer.data["invoice_settings"], **given}
    wanted = given.get("default_payment_method")
    if wanted:
        found = request.get("payment_method", wanted)
        attached = request.emulator.store.linked("payment_method", "customer", customer.id)
        if found is None and attached and methods.find(request, wanted):
            found = attached[-1]
        if found is None or found.data["customer"] != customer.id:
            message = f"The customer does not have a payment method with the ID {wanted}."
            raise invalid_request(message, param="invoice_settings[default_payment_method]", code="resource_missing")
        settings["default_payment_method"] = found.id
    customer.data["invoice_settings"] = settings
    request.save(customer)


def retrieve(request: Request) -> JSON:
    """GET /v1/customers/{}. Of a deleted customer, only `deleted: true` is left."""
    customer = request.named(_KIND)
    return deleted(customer) if customer.private.get("deleted") else customer.data


def _living(request: Request) -> Entity:
    customer = request.named(_KIND)
    if customer.private.get("deleted"):
        message = f"No such customer: '{customer.id}'; it was deleted."
        raise invalid_request(message, param="id", code="resource_missing", status=404)
    return customer


def remove(request: Request) -> JSON:
    """DELETE /v1/customers/{}."""
    customer = _living(request)
    customer.private["deleted"] = True
    request.save(customer)
    request.emit("customer.deleted", customer.data)
    return deleted(customer)


def _sources(request: Request, data: JSON) -> JSON:
    cards = request.emulator.store.linked("card", "customer", data["id"])
    return first_page(f"/v1/customers/{data['id']}/sources", [card.data for card in cards])


def _subscriptions(request: Request, data: JSON) -> JSON:
    found = request.emulator.store.linked("subscription", "customer", data["id"])
    living = [each.data for each in found if each.data["status"] != "canceled"]
    return first_page(f"/v1/customers/{data['id']}/subscriptions", living)


def _tax_ids(request: Request, data: JSON) -> JSON:
    return first_page(f"/v1/customers/{data['id']}/tax_ids", [])


def _event(request: Request, customer: Entity) -> str | None:
    return "customer.updated" if request.params.keys() - set(_SPECIAL) - {"expand"} else None


def _updated(request: Request, customer: Entity, previous: JSON) -> None:
    _special(request, customer)


def _accept(request: Request) -> Accept:
    def living(data: JSON) -> bool:
        entity = request.get(_KIND, data["id"])
        return entity is not None and not entity.private.get("deleted")

    return living


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/customers",
    find=_living,
    retrieve=False,
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, event=_event, special=_SPECIAL, after=_updated),
    list=List(fields=_LIST, filters=("email",), accept=_accept),
    more=(
        get("/v1/customers/{}", retrieve),
        delete("/v1/customers/{}", remove),
        delete("/v1/customers/{}/discount", remove_discount),
        FUND,
    ),
    linked=("email",),
    included={
        "cash_balance": lambda request, data: cash_balance(request.find(_KIND, data["id"], in_path=True)),
        "invoice_credit_balance": lambda request, data: {},
        "sources": _sources,
        "subscriptions": _subscriptions,
        "tax": lambda request, data: dict(_TAX),
        "tax_ids": _tax_ids,
    },
)
