"""`/v1/coupons` and the discount of a customer ("Coupons", "Discounts")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.coupon import new_coupon, new_discount
from stripe_emulator.pagination import listing
from stripe_emulator.resources.updating import change, deleted
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Currency,
    Decimal,
    Fields,
    Integer,
    String,
    Unsupported,
    choice,
)

_KIND = "coupon"
_CREATE: Fields = {
    **EXPAND,
    "amount_off": Integer(least=1),
    "applies_to": Unsupported(),
    "currency": Currency(),
    "currency_options": Unsupported(),
    "duration": choice("forever", "once", "repeating"),
    "duration_in_months": Integer(least=1),
    "id": String(),
    "max_redemptions": Integer(least=1),
    "metadata": METADATA,
    "name": String(longest=40),
    "percent_off": Decimal(),
    "redeem_by": Integer(),
}
_UPDATE: Fields = {
    **EXPAND,
    "currency_options": Unsupported(),
    "metadata": METADATA,
    "name": String(longest=40),
}


def create(call: Call) -> JSON:
    """POST /v1/coupons."""
    params = call.params
    if ("percent_off" in params) == ("amount_off" in params):
        message = "Must provide percent_off or amount_off when creating a coupon."
        raise invalid_request(message, code="parameter_missing", param="percent_off")
    if "amount_off" in params and "currency" not in params:
        raise invalid_request("Must provide currency for amount_off.", code="parameter_missing", param="currency")
    if "percent_off" in params:
        params["percent_off"] = float(params["percent_off"])
        if not 0 < params["percent_off"] <= 100:
            raise invalid_request("Invalid percent_off: must be from 0 to 100.", param="percent_off")
    if "id" in params and call.get(_KIND, params["id"]):
        raise invalid_request("Coupon already exists.", param="id", code="resource_already_exists", stored=True)
    coupon = call.add(_KIND, new_coupon(params, call.now()), keep=True)
    call.emit("coupon.created", coupon.data)
    return coupon.data


def retrieve(call: Call) -> JSON:
    """GET /v1/coupons/{}."""
    return call.named(_KIND, "coupon").data


def update(call: Call) -> JSON:
    """POST /v1/coupons/{}."""
    coupon = call.named(_KIND, "coupon")
    change(call, coupon, "coupon.updated")
    return coupon.data


def remove(call: Call) -> JSON:
    """DELETE /v1/coupons/{}."""
    coupon = call.named(_KIND, "coupon")
    call.emulator.store.delete(coupon)
    call.emit("coupon.deleted", coupon.data)
    return deleted(coupon)


def list_coupons(call: Call) -> JSON:
    """GET /v1/coupons."""
    return listing(call, _KIND)


def give_discount(call: Call, customer: Entity, coupon: str | None) -> None:
    """Apply a coupon to a customer, put another in its place, or take it away (None)."""
    before = customer.data["discount"]
    after = None
    if coupon:
        call.find(_KIND, coupon, "coupon")
        after = new_discount(coupon, call.now(), customer=customer.id)
    customer.data["discount"] = after
    call.save(customer)
    if before and after:
        call.emit("customer.discount.updated", after, {"source": before["source"]})
    elif after:
        call.emit("customer.discount.created", after)
    elif before:
        call.emit("customer.discount.deleted", before)


def remove_discount(call: Call) -> JSON:
    """DELETE /v1/customers/{}/discount."""
    customer = call.named("customer")
    before = customer.data["discount"]
    if before is None:
        raise invalid_request("No active discount for customer: " + customer.id, status=404, code="resource_missing")
    give_discount(call, customer, None)
    return {"id": before["id"], "object": "discount", "deleted": True}


ROUTES: list[Route] = [
    post("/v1/coupons", create, _CREATE),
    get("/v1/coupons", list_coupons, TIMED_PAGING),
    get("/v1/coupons/{}", retrieve),
    post("/v1/coupons/{}", update, _UPDATE),
    delete("/v1/coupons/{}", remove),
    delete("/v1/customers/{}/discount", remove_discount),
]
