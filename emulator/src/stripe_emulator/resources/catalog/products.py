"""`/v1/products` ("Products")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.resources.catalog.prices import AMOUNT_MISSING, RECURRING_DATA
from stripe_emulator.resources.common import TAX_BEHAVIOR, TAX_CODE
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
    Descriptor,
    Fields,
    Hash,
    Integer,
    Name,
    String,
    Unsupported,
    Url,
    choice,
)
from stripe_emulator.schema.rules import needs_any, one_of_two
from stripe_emulator.storage.entity import Entity

_KIND = "product"

_PRICE_DATA = Hash(
    fields={
        "currency": Currency(required=True),
        "currency_options": Unsupported(),
        "custom_unit_amount": Unsupported(),
        "metadata": METADATA,
        "recurring": RECURRING_DATA,
        "tax_behavior": TAX_BEHAVIOR,
        "unit_amount": Integer(least=0, most=999_999_999_999),
        "unit_amount_decimal": Decimal(least=0),
    },
    rules=(
        needs_any(("unit_amount", "unit_amount_decimal"), AMOUNT_MISSING),
        one_of_two("unit_amount", "unit_amount_decimal"),
    ),
)

_FEATURE = Hash(fields={"name": String(required=True, longest=80)})
_DIMENSIONS: Fields = dict.fromkeys(("height", "length", "weight", "width"), Decimal(required=True, least=0, places=2))

_CREATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "default_price_data": _PRICE_DATA,
    "description": String(longest=40_000),
    "id": String(longest=5000),
    "images": Array(item=Url(longest=2048), most=8),
    "marketing_features": Array(item=_FEATURE, most=15),
    "metadata": METADATA,
    "name": Name(required=True),
    "package_dimensions": Hash(fields=_DIMENSIONS),
    "shippable": Boolean(),
    "statement_descriptor": Descriptor(),
    "tax_code": TAX_CODE,
    "tax_details": Unsupported(),
    "type": choice("good", "service"),
    "unit_label": String(longest=12),
    "url": Url(),
}

_UPDATE: Fields = {
    **{name: field for name, field in _CREATE.items() if name not in ("id", "type", "default_price_data", "name")},
    "default_price": String(),
    "description": String(longest=40_000, clearable=True),
    "images": Array(item=Url(longest=2048), most=8, clearable=True),
    "marketing_features": Array(item=_FEATURE, most=15, clearable=True),
    "name": Name(),
    "package_dimensions": Hash(fields=_DIMENSIONS, clearable=True),
    "tax_code": TAX_CODE,
    "unit_label": String(longest=12, clearable=True),
    "url": Url(clearable=True),
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


def _prepare(request: Request, product: Entity) -> None:
    """Check the default price, and turn cleared lists into empty ones."""
    params = request.params
    params |= {name: [] for name in ("images", "marketing_features") if name in params and params[name] is None}
    if wanted := params.get("default_price"):
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
    update=Update(fields=_UPDATE, event="product.updated", before=_prepare),
    delete=Delete(event="product.deleted", before=_require_no_prices),
    list=List(fields=_LIST, filters=("active", "shippable", "type", "url"), accept=_accept),
)
