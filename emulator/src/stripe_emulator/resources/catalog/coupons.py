"""`/v1/coupons` and the discount of a customer ("Coupons", "Discounts")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments.checkout.discounts import is_valid
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Currency,
    Decimal,
    Fields,
    Hash,
    Integer,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_any

_KIND = "coupon"
_CREATE: Fields = {
    **EXPAND,
    "amount_off": Integer(least=1),
    "applies_to": Hash(fields={"products": Array(item=String())}),
    "currency": Currency(),
    "currency_options": Unsupported(),
    "duration": choice("forever", "once", "repeating"),
    "duration_in_months": Integer(least=1),
    "id": String(),
    "max_redemptions": Integer(least=1),
    "metadata": METADATA,
    "name": String(longest=40),
    "percent_off": Decimal(least=0.01, most=100),
    "redeem_by": Integer(),
}
_UPDATE: Fields = {
    **EXPAND,
    "currency_options": Unsupported(),
    "metadata": METADATA,
    "name": String(longest=40),
}


_RULES = (
    needs_any(("percent_off", "amount_off"), "Must provide percent_off or amount_off.", code="parameter_missing"),
    Rule(
        None,
        "Received both percent_off and amount_off parameters. Please pass in only one.",
        lambda params: "percent_off" in params and "amount_off" in params,
    ),
    Rule(
        "currency",
        "You must pass currency when passing amount_off",
        lambda params: "amount_off" in params and "currency" not in params,
    ),
    Rule(
        "duration",
        "The duration_in_months param must be set when creating a coupon with a repeating duration",
        lambda params: params.get("duration") == "repeating" and "duration_in_months" not in params,
    ),
    Rule(
        "duration_in_months",
        "The duration_in_months param can only be set when creating a coupon with a repeating duration",
        lambda params: params.get("duration") != "repeating" and "duration_in_months" in params,
    ),
)


def new_coupon(params: JSON, now: int) -> JSON:
    """Build a coupon for a percentage or an amount in minor units."""
    return {
        "id": params.get("id") or new_id("coupon", 8).removeprefix("coupon_"),
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": now,
        "currency": params.get("currency"),
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
        "percent_off": params.get("percent_off"),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }


def create(request: Request) -> JSON:
    """POST /v1/coupons."""
    params = request.params
    if "percent_off" in params:
        params["percent_off"] = float(params["percent_off"])
    until = params.get("redeem_by")
    if until is not None and until <= request.now():
        raise invalid_request(
            "The parameter `redeem_by` expects a unix timestamp representing a date and time in the future. You "
            f"specified the value `{until}` which is in the past.",
            param="redeem_by",
        )
    if "id" in params and request.get(_KIND, params["id"]):
        raise invalid_request("Coupon already exists.", param="id", code="resource_already_exists", stored=True)
    products = params.get("applies_to", {}).get("products")
    for place, product in enumerate(products or ()):
        request.find("product", product, f"applies_to[products][{place}]")
    private = {"products": products} if products else {}
    coupon = request.add(_KIND, new_coupon(params, request.now()), private, keep=True)
    request.emit("coupon.created", coupon.data)
    return coupon.data


def _current(request: Request, coupon: JSON) -> JSON:
    return {**coupon, "valid": is_valid(coupon, request.now())}


def _applies_to(request: Request, coupon: JSON) -> JSON | None:
    entity = request.get(_KIND, coupon["id"])
    return {"products": entity.private["products"]} if entity and "products" in entity.private else None


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/coupons",
    param="coupon",
    show=_current,
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, event="coupon.updated"),
    delete=Delete(event="coupon.deleted"),
    list=List(fields=TIMED_PAGING),
    included={"applies_to": _applies_to, "currency_options": lambda request, coupon: {}},
)
