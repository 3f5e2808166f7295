"""`/v1/subscriptions`: only what `stripe trigger customer.subscription.*` needs, without invoices."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.subscription import new_subscription
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import delete
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Boolean,
    Fields,
    Hash,
    Integer,
    Only,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.storage.entity import Entity

_KIND = "subscription"
_SOON = 3 * 86400

_TRIAL = Hash(
    fields={
        "end_behavior": Hash(
            required=True,
            fields={"missing_payment_method": choice("cancel", "create_invoice", "pause", required=True)},
        )
    }
)
_CANCELLATION = Hash(
    fields={
        "comment": String(clearable=True),
        "feedback": choice(
            "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
            "too_expensive", "unused", clearable=True,
        ),
    }
)  # fmt: skip
_ITEM = Hash(fields={"metadata": METADATA, "price": String(required=True), "quantity": Integer(least=0)})
_CREATE: Fields = {
    **EXPAND,
    "collection_method": Only(field=choice("charge_automatically", "send_invoice"), value="charge_automatically"),
    "customer": String(required=True),
    "default_payment_method": String(),
    "description": String(longest=500),
    "items": Array(item=_ITEM, required=True, most=20),
    "metadata": METADATA,
    "trial_period_days": Integer(least=1, most=730),
    "trial_settings": _TRIAL,
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
    "cancellation_details": _CANCELLATION,
    "invoice_now": Unsupported(),
    "prorate": Unsupported(),
}
_LIST: Fields = {**TIMED_PAGING, "customer": String(), "price": String(), "status": String()}


def create(request: Request) -> JSON:
    """POST /v1/subscriptions."""
    params = request.params
    customer = request.find("customer", params["customer"], "customer").data
    prices = [request.find("price", item["price"], "items[0][price]").data for item in params["items"]]
    if any(price["recurring"] is None for price in prices):
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
        raise invalid_request(message, param="items[0][price]")
    _require_money(params, customer)
    subscription = request.add(_KIND, new_subscription(params, prices, request.now()))
    data = subscription.data
    request.emit("customer.subscription.created", data)
    if data["trial_end"] and data["trial_end"] - request.now() <= _SOON:
        request.emit("customer.subscription.trial_will_end", data)
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


def _end_trial(request: Request, subscription: Entity) -> None:
    data = subscription.data
    customer = request.find("customer", data["customer"]).data
    pays = data["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    pauses = data["trial_settings"]["end_behavior"]["missing_payment_method"] == "pause"
    data["trial_end"] = request.now()
    data["status"] = "active" if pays else "paused" if pauses else "past_due"
    request.save(subscription)


def cancel(request: Request) -> JSON:
    """DELETE /v1/subscriptions/{}."""
    subscription = request.named(_KIND)
    if subscription.data["status"] == "canceled":
        raise invalid_request(f"No such subscription: '{subscription.id}'", status=404, code="resource_missing")
    given = request.params.get("cancellation_details", {})
    details = {**subscription.data["cancellation_details"], **given, "reason": "cancellation_requested"}
    subscription.data |= {
        "cancellation_details": details,
        "status": "canceled",
        "canceled_at": request.now(),
        "ended_at": request.now(),
    }
    request.save(subscription)
    request.emit("customer.subscription.deleted", subscription.data)
    return subscription.data


def _updated(request: Request, subscription: Entity, previous: JSON) -> None:
    if "trial_end" in request.params:
        previous |= {"status": subscription.data["status"], "trial_end": subscription.data["trial_end"]}
        _end_trial(request, subscription)
    request.emit("customer.subscription.updated", subscription.data, previous)
    if subscription.data["status"] == "paused":
        request.emit("customer.subscription.paused", subscription.data)


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/subscriptions",
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, special=("trial_end",), after=_updated),
    list=List(fields=_LIST, filters=("customer", "status")),
    more=(delete("/v1/subscriptions/{}", cancel, _CANCEL),),
    linked=("customer",),
)
