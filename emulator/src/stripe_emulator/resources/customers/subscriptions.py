"""`/v1/subscriptions`: only what `stripe trigger customer.subscription.*` needs, without invoices."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.subscription import new_subscription
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import delete
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Boolean,
    Field,
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


def _unsupported(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Unsupported())


_TRIAL = Hash(
    fields={
        "end_behavior": Hash(
            required=True,
            fields={
                "billing_cycle_anchor": Unsupported(),
                "missing_payment_method": choice("cancel", "create_invoice", "pause", required=True),
            },
        )
    }
)
_CANCELLATION = Hash(
    fields={
        "comment": String(clearable=True),
        "feedback_option": Unsupported(),
        "feedback": choice(
            "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
            "too_expensive", "unused", clearable=True,
        ),
    }
)  # fmt: skip
_ITEM = Hash(
    fields={
        **_unsupported("billing_thresholds", "current_trial", "discounts", "plan", "price_data", "tax_rates"),
        "metadata": METADATA,
        "price": String(required=True),
        "quantity": Integer(least=0),
    }
)
#: Parameters of creation and update that are not supported.
_BILLING = _unsupported(
    "add_invoice_items", "application_fee_percent", "automatic_tax", "billing_cycle_anchor", "billing_schedules",
    "billing_thresholds", "cancel_at", "days_until_due", "default_source", "default_tax_rates", "discounts",
    "invoice_settings", "off_session", "on_behalf_of", "payment_behavior", "payment_settings",
    "pending_invoice_item_interval", "proration_behavior", "transfer_data", "trial_from_plan",
)  # fmt: skip
_CREATE: Fields = {
    **EXPAND,
    **_BILLING,
    **_unsupported(
        "backdate_start_date", "billing_cycle_anchor_config", "billing_mode", "cancel_at_period_end", "currency",
        "customer_account", "trial_end",
    ),
    "collection_method": Only(field=choice("charge_automatically", "send_invoice"), value="charge_automatically"),
    "customer": String(required=True),
    "default_payment_method": String(),
    "description": String(longest=500),
    "items": Array(item=_ITEM, required=True, most=20),
    "metadata": METADATA,
    "trial_period_days": Integer(least=1, most=730),
    "trial_settings": _TRIAL,
}  # fmt: skip
_UPDATE: Fields = {
    **EXPAND,
    **_BILLING,
    **_unsupported(
        "cancellation_details", "collection_method", "default_payment_method", "items", "pause_collection",
        "proration_date", "trial_settings",
    ),
    "cancel_at_period_end": Only(field=Boolean()),
    "description": String(longest=500, clearable=True),
    "metadata": METADATA,
    "trial_end": choice("now"),
}  # fmt: skip
_CANCEL: Fields = {
    **EXPAND,
    "cancellation_details": _CANCELLATION,
    "invoice_now": Unsupported(),
    "prorate": Unsupported(),
}
_STATES = (
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing",
    "unpaid",
)  # fmt: skip
_LIST: Fields = {
    **TIMED_PAGING,
    **_unsupported(
        "automatic_tax", "collection_method", "current_period_end", "current_period_start", "customer_account", "plan",
        "test_clock",
    ),
    "customer": String(),
    "price": String(),
    "status": choice(*_STATES),
}  # fmt: skip


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


def _accept(request: Request) -> Accept:
    """Filter by price and status. Without a status, canceled subscriptions are omitted."""
    price, status = request.params.get("price"), request.params.get("status", "not canceled")

    def accept(data: JSON) -> bool:
        if price and all(each["price"]["id"] != price for each in data["items"]["data"]):
            return False
        canceled = data["status"] == "canceled"
        known = {"all": True, "ended": canceled, "not canceled": not canceled}
        return bool(known.get(status, data["status"] == status))

    return accept


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/subscriptions",
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, special=("trial_end",), after=_updated),
    list=List(fields=_LIST, filters=("customer",), accept=_accept),
    more=(delete("/v1/subscriptions/{}", cancel, _CANCEL),),
    linked=("customer",),
)
