"""`/v1/products` ("Products")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.resources.catalog.prices import RECURRING
from stripe_emulator.resources.common import CLEARABLE, TAX_BEHAVIOR
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Boolean,
    Currency,
    Decimal,
    Fields,
    Hash,
    Integer,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.storage.entity import Entity

_KIND = "product"

_PRICE_DATA = Hash(
    fields={
        "currency": Currency(required=True),
        "currency_options": Unsupported(),
        "custom_unit_amount": Unsupported(),
        "metadata": METADATA,
        "recurring": RECURRING,
        "tax_behavior": TAX_BEHAVIOR,
        "unit_amount": Integer(least=0),
        "unit_amount_decimal": Decimal(),
    }
)

_CREATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "default_price_data": _PRICE_DATA,
    "description": String(longest=40_000),
    "id": String(longest=5000),
    "images": Array(item=String(), most=8),
    "marketing_features": Array(item=Hash(fields={"name": String(required=True)}), most=15),
    "metadata": METADATA,
    "name": String(required=True, longest=250),
    "package_dimensions": Hash(fields=dict.fromkeys(("height", "length", "weight", "width"), Decimal(required=True))),
    "shippable": Boolean(),
    "statement_descriptor": String(longest=22),
    "tax_code": String(),
    "tax_details": Unsupported(),
    "type": choice("good", "service"),
    "unit_label": String(longest=12),
    "url": String(),
}

_UPDATE: Fields = {
    **{name: field for name, field in _CREATE.items() if name not in ("id", "type", "default_price_data", "name")},
    "default_price": String(),
    "description": CLEARABLE,
    "name": String(longest=250),
    "tax_code": CLEARABLE,
    "unit_label": CLEARABLE,
    "url": CLEARABLE,
}

_LIST: Fields = {
    **TIMED_PAGING,
    "active": Boolean(),
    "ids": Array(item=String()),
    "shippable": Boolean(),
    "type": choice("good", "service"),
    "url": String(),
}


def create(request: Request) -> JSON:
    """POST /v1/products."""
    params = request.params
    if "id" in params and request.get(_KIND, params["id"]):
        raise invalid_request("Product already exists.", param="id", code="resource_already_exists", stored=True)
    data = new_product(params, request.now())
    request.add(_KIND, data, keep=True)
    price = None
    if given := params.get("default_price_data"):
        price = new_price(given, data["id"], request.now())
        request.add("price", price, keep=True)
        data["default_price"] = price["id"]
    request.emit("product.created", data)
    if price:
        request.emit("price.created", price)
    return data


def _check_default_price(request: Request, product: Entity) -> None:
    if wanted := request.params.get("default_price"):
        price = request.find("price", wanted, "default_price").data
        if price["product"] != product.id:
            message = f"The price {wanted} does not belong to the product {product.id}."
            raise invalid_request(message, param="default_price")
    product.data["updated"] = request.now()


def _require_no_prices(request: Request, product: Entity) -> None:
    if request.linked("price", "product", product.id):
        message = "This product cannot be deleted because it has one or more user-created prices."
        raise invalid_request(message, stored=True)


def _accept(request: Request) -> Accept | None:
    ids = request.params.get("ids")
    return (lambda data: data["id"] in ids) if ids else None


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/products",
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, event="product.updated", before=_check_default_price),
    delete=Delete(event="product.deleted", before=_require_no_prices),
    list=List(fields=_LIST, filters=("active", "shippable", "type", "url"), accept=_accept),
)
