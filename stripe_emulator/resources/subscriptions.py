"""`/v1/subscriptions`: only what `stripe trigger customer.subscription.*` needs. Nothing is ever invoiced."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.subscription import new_subscription
from stripe_emulator.pagination import listing
from stripe_emulator.resources.updating import change
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    AnyHash,
    Array,
    Boolean,
    Fields,
    Hash,
    Integer,
    String,
    choice,
)

_KIND = "subscription"
_SOON = 3 * 86400

_ITEM = Hash(fields={"metadata": METADATA, "price": String(required=True), "quantity": Integer(least=0)})
_CREATE: Fields = {
    **EXPAND,
    "collection_method": choice("charge_automatically"),
    "customer": String(required=True),
    "default_payment_method": String(),
    "description": String(longest=500),
    "items": Array(item=_ITEM, required=True, most=20),
    "metadata": METADATA,
    "trial_period_days": Integer(least=1, most=730),
    "trial_settings": AnyHash(),
}
_UPDATE: Fields = {
    **EXPAND,
    "cancel_at_period_end": Boolean(),
    "description": String(longest=500, clearable=True),
    "metadata": METADATA,
    "trial_end": choice("now"),
}
_CANCEL: Fields = {
    **EXPAND,
    "cancellation_details": AnyHash(),
    "invoice_now": Boolean(),
    "prorate": Boolean(),
}
_LIST: Fields = {**TIMED_PAGING, "customer": String(), "price": String(), "status": String()}


def create(call: Call) -> JSON:
    """POST /v1/subscriptions."""
    params = call.params
    customer = call.find("customer", params["customer"], "customer").data
    prices = [call.find("price", item["price"], "items[0][price]").data for item in params["items"]]
    if any(price["recurring"] is None for price in prices):
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
        raise invalid_request(message, param="items[0][price]")
    _require_money(params, customer)
    subscription = call.add(_KIND, new_subscription(params, prices, call.now()))
    data = subscription.data
    call.emit("customer.subscription.created", data)
    if data["trial_end"] and data["trial_end"] - call.now() <= _SOON:
        call.emit("customer.subscription.trial_will_end", data)
    return data


def _require_money(params: JSON, customer: JSON) -> None:
    known = (
        params.get("default_payment_method")
        or customer["invoice_settings"]["default_payment_method"]
        or customer["default_source"]
    )
    if not known and "trial_period_days" not in params:
        message = (
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority."
        )
        raise invalid_request(message, code="resource_missing")


def retrieve(call: Call) -> JSON:
    """GET /v1/subscriptions/{}."""
    return call.named(_KIND).data


def update(call: Call) -> JSON:
    """POST /v1/subscriptions/{}."""
    subscription = call.named(_KIND)
    plain = tuple(name for name in call.params if name != "trial_end")
    previous = change(call, subscription, None, plain)
    if "trial_end" in call.params:
        previous |= {"status": subscription.data["status"], "trial_end": subscription.data["trial_end"]}
        _end_trial(call, subscription)
    call.emit("customer.subscription.updated", subscription.data, previous)
    if subscription.data["status"] == "paused":
        call.emit("customer.subscription.paused", subscription.data)
    return subscription.data


def _end_trial(call: Call, subscription: Entity) -> None:
    data = subscription.data
    customer = call.find("customer", data["customer"]).data
    pays = data["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    pauses = data["trial_settings"]["end_behavior"]["missing_payment_method"] == "pause"
    data["trial_end"] = call.now()
    data["status"] = "active" if pays else "paused" if pauses else "past_due"
    call.save(subscription)


def cancel(call: Call) -> JSON:
    """DELETE /v1/subscriptions/{}."""
    subscription = call.named(_KIND)
    if subscription.data["status"] == "canceled":
        raise invalid_request(f"No such subscription: '{subscription.id}'", status=404, code="resource_missing")
    subscription.data |= {"status": "canceled", "canceled_at": call.now(), "ended_at": call.now()}
    call.save(subscription)
    call.emit("customer.subscription.deleted", subscription.data)
    return subscription.data


def list_subscriptions(call: Call) -> JSON:
    """GET /v1/subscriptions."""
    return listing(call, _KIND, call.given("customer", "status"))


ROUTES: list[Route] = [
    post("/v1/subscriptions", create, _CREATE),
    get("/v1/subscriptions", list_subscriptions, _LIST),
    get("/v1/subscriptions/{}", retrieve),
    post("/v1/subscriptions/{}", update, _UPDATE),
    delete("/v1/subscriptions/{}", cancel, _CANCEL),
]
