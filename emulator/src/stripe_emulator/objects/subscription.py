"""The Subscription object, as far as `stripe trigger` needs it: no invoices, no billing."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

_DAY = 86400
_LENGTHS = {"day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY}
_PLAN_FIELDS = ("active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product")


def new_subscription(params: JSON, prices: list[JSON], now: int) -> JSON:
    """Build a subscription to `prices`; trialing if it has a trial, else active."""
    wanted = new_id("sub")
    days = params.get("trial_period_days", 0)
    ends = now + (days * _DAY if days else _period(prices[0]))
    items = [_item(wanted, price, given, now, ends) for price, given in zip(prices, params["items"], strict=True)]
    return {
        "id": wanted,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": ends if days else now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        "collection_method": params.get("collection_method", "charge_automatically"),
        "created": now,
        "currency": prices[0]["currency"],
        "customer": params["customer"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": params.get("default_payment_method"),
        "default_source": None,
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={wanted}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "trialing" if days else "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": ends if days else None,
        "trial_settings": _trial_settings(params.get("trial_settings", {})),
        "trial_start": now if days else None,
    }


def _trial_settings(given: JSON) -> JSON:
    usual = {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}
    return {"end_behavior": {**usual, **given.get("end_behavior", {})}}


def _period(price: JSON) -> int:
    recurring = price["recurring"]
    return int(_LENGTHS[recurring["interval"]] * recurring["interval_count"])


def _item(subscription: str, price: JSON, given: JSON, now: int, ends: int) -> JSON:
    return {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": ends,
        "current_period_start": now,
        "current_trial": None,
        "discounts": [],
        "metadata": given.get("metadata", {}),
        "plan": _plan(price),
        "price": price,
        "quantity": given.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def _plan(price: JSON) -> JSON:
    """Build the Plan object, the predecessor of a price."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        **{name: price[name] for name in _PLAN_FIELDS},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "meter": recurring["meter"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }
