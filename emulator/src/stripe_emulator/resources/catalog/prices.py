"""`/v1/prices` ("Prices")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.resources.common import CLEARABLE, TAX_BEHAVIOR, TAX_CODE
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Boolean,
    Currency,
    Decimal,
    Descriptor,
    Fields,
    Hash,
    Integer,
    Name,
    Only,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_any, one_of_two
from stripe_emulator.storage.entity import Entity

_KIND = "price"

AMOUNT_MISSING = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
PRODUCT_MISSING = "You must specify either `product` or `product_data` when creating a price."
RECURRING_PRICE = (
    "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only "
    "one-time prices."
)
_METERED = "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters."

#: "Maximum of three years interval allowed".
_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
_TOO_LONG = Rule(
    "interval_count",
    "Invalid interval_count: the maximum interval is three years (3 years, 36 months, or 156 weeks).",
    lambda params: params.get("interval_count", 1) > _LONGEST[params["interval"]],
)
_INTERVAL: Fields = {
    "interval": choice("day", "month", "week", "year", required=True),
    "interval_count": Integer(least=1),
}
#: For prices that are created with a product or a session.
RECURRING_DATA = Hash(fields=_INTERVAL, rules=(_TOO_LONG,))
_RECURRING = Hash(
    fields={
        **_INTERVAL,
        "meter": Unsupported(),
        "trial_period_days": Integer(least=0),
        "usage_type": choice("licensed", "metered"),
    },
    rules=(_TOO_LONG, Rule(None, _METERED, lambda params: params.get("usage_type") == "metered")),
)

_PRODUCT_DATA = Hash(
    fields={
        "active": Boolean(),
        "id": String(),
        "metadata": METADATA,
        "name": Name(required=True),
        "statement_descriptor": Descriptor(),
        "tax_code": TAX_CODE,
        "tax_details": Unsupported(),
        "unit_label": String(longest=12),
    }
)

_CREATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "billing_scheme": Only(field=choice("per_unit", "tiered"), value="per_unit"),
    "currency": Currency(required=True),
    "currency_options": Unsupported(),
    "custom_unit_amount": Unsupported(),
    "lookup_key": String(longest=200),
    "metadata": METADATA,
    "nickname": String(),
    "product": String(),
    "product_data": _PRODUCT_DATA,
    "recurring": _RECURRING,
    "tax_behavior": TAX_BEHAVIOR,
    "tiers": Unsupported(),
    "tiers_mode": Unsupported(),
    "transfer_lookup_key": Boolean(),
    "transform_quantity": Unsupported(),
    "unit_amount": Integer(least=0, most=999_999_999_999),
    "unit_amount_decimal": Decimal(least=0),
}

_UPDATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "currency_options": Unsupported(),
    "lookup_key": String(longest=200),
    "metadata": METADATA,
    "nickname": CLEARABLE,
    "tax_behavior": TAX_BEHAVIOR,
    "transfer_lookup_key": Boolean(),
}

_LIST: Fields = {
    **TIMED_PAGING,
    "active": Boolean(),
    "currency": Currency(),
    "lookup_keys": Array(item=String(), most=10),
    "product": String(),
    "recurring": Hash(
        fields={
            "interval": choice("day", "month", "week", "year"),
            "meter": Unsupported(),
            "usage_type": choice("licensed", "metered"),
        }
    ),
    "type": choice("one_time", "recurring"),
}


_RULES = (
    needs_any(("unit_amount", "unit_amount_decimal"), AMOUNT_MISSING),
    one_of_two("unit_amount", "unit_amount_decimal"),
    needs_any(("product", "product_data"), PRODUCT_MISSING),
    one_of_two("product", "product_data"),
)


def create(request: Request) -> JSON:
    """POST /v1/prices."""
    params = request.params
    _claim_lookup_key(request)
    if "product" in params:
        product = request.find("product", params["product"], "product").id
    else:
        made = new_product(params["product_data"], request.now())
        request.add("product", made, keep=True)
        request.emit("product.created", made)
        product = made["id"]
    data = new_price(params, product, request.now())
    request.add(_KIND, data, keep=True)
    request.emit("price.created", data)
    return data


def _claim_lookup_key(request: Request) -> None:
    """Make sure that a lookup key belongs to one price; `transfer_lookup_key` moves it."""
    key = request.params.get("lookup_key")
    holders = request.emulator.store.linked(_KIND, "lookup_key", key) if key else []
    for holder in holders:
        if not request.params.get("transfer_lookup_key"):
            message = f"A price (`{holder.id}`) already uses that lookup key."
            raise invalid_request(message, param="lookup_key", code="resource_already_exists")
        holder.data["lookup_key"] = None
        request.save(holder)


def _move_lookup_key(request: Request, price: Entity) -> None:
    if request.params.get("lookup_key") != price.data["lookup_key"]:
        _claim_lookup_key(request)


def _accept(request: Request) -> Accept | None:
    keys, recurring = request.params.get("lookup_keys"), request.params.get("recurring", {})

    def accept(data: JSON) -> bool:
        if keys and data["lookup_key"] not in keys:
            return False
        own = data["recurring"] or {}
        return all(own.get(name) == value for name, value in recurring.items())

    return accept if keys or recurring else None


def _currency_options(request: Request, price: JSON) -> JSON:
    shared = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {price["currency"]: {name: price[name] for name in shared}}


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/prices",
    param="price",
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, event="price.updated", special=("transfer_lookup_key",), before=_move_lookup_key),
    list=List(fields=_LIST, filters=("active", "currency", "product", "type"), accept=_accept),
    linked=("product", "lookup_key"),
    included={"currency_options": _currency_options, "tiers": lambda request, price: None},
)
