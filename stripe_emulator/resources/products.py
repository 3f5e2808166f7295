"""`/v1/products` ("Products")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.pagination import listing
from stripe_emulator.resources.common import CLEARABLE, TAX_BEHAVIOR
from stripe_emulator.resources.updating import change, deleted
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    AnyHash,
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

_KIND = "product"

_PRICE_DATA = Hash(
    fields={
        "currency": Currency(required=True),
        "currency_options": Unsupported(),
        "custom_unit_amount": AnyHash(),
        "metadata": METADATA,
        "recurring": AnyHash(),
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
    "package_dimensions": AnyHash(),
    "shippable": Boolean(),
    "statement_descriptor": String(longest=22),
    "tax_code": String(),
    "tax_details": AnyHash(),
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


def create(call: Call) -> JSON:
    """POST /v1/products."""
    params = call.params
    if "id" in params and call.get(_KIND, params["id"]):
        raise invalid_request("Product already exists.", param="id", code="resource_already_exists", stored=True)
    data = new_product(params, call.now())
    call.add(_KIND, data, keep=True)
    price = None
    if given := params.get("default_price_data"):
        price = new_price(given, data["id"], call.now())
        call.add("price", price, keep=True)
        data["default_price"] = price["id"]
    call.emit("product.created", data)
    if price:
        call.emit("price.created", price)
    return data


def retrieve(call: Call) -> JSON:
    """GET /v1/products/{}."""
    return call.named(_KIND).data


def update(call: Call) -> JSON:
    """POST /v1/products/{}."""
    product = call.named(_KIND)
    if wanted := call.params.get("default_price"):
        price = call.find("price", wanted, "default_price").data
        if price["product"] != product.id:
            message = f"The price {wanted} does not belong to the product {product.id}."
            raise invalid_request(message, param="default_price")
    product.data["updated"] = call.now()
    change(call, product, "product.updated")
    return product.data


def remove(call: Call) -> JSON:
    """DELETE /v1/products/{}."""
    product = call.named(_KIND)
    if call.emulator.store.linked("price", "product", product.id):
        message = "This product cannot be deleted because it has one or more user-created prices."
        raise invalid_request(message, stored=True)
    call.emulator.store.delete(product)
    call.emit("product.deleted", product.data)
    return deleted(product)


def list_products(call: Call) -> JSON:
    """GET /v1/products."""
    ids = call.params.get("ids")
    filters = call.given("active", "shippable", "type", "url")
    return listing(call, _KIND, filters, (lambda data: data["id"] in ids) if ids else None)


ROUTES: list[Route] = [
    post("/v1/products", create, _CREATE),
    get("/v1/products", list_products, _LIST),
    get("/v1/products/{}", retrieve),
    post("/v1/products/{}", update, _UPDATE),
    delete("/v1/products/{}", remove),
]
