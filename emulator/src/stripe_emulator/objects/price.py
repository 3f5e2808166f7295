"""The Price object."""

from __future__ import annotations

from decimal import Decimal

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_price(params: JSON, product: str, now: int, *, active: bool = True) -> JSON:
    """Build a price from the parameters of its creation (or from `price_data`)."""
    recurring = params.get("recurring")
    unit_amount, decimal = unit_amounts(params)
    return {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", active),
        "billing_scheme": params.get("billing_scheme", "per_unit"),
        "created": now,
        "currency": params["currency"],
        "custom_unit_amount": _custom(params.get("custom_unit_amount")),
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata", {}),
        "nickname": params.get("nickname"),
        "product": product,
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": params.get("transform_quantity"),
        "type": "recurring" if recurring else "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": decimal,
    }


def unit_amounts(params: JSON) -> tuple[int | None, str | None]:
    """Return `unit_amount` and `unit_amount_decimal`: each follows from the other (None for a fraction of a cent)."""
    if "unit_amount" in params:
        return params["unit_amount"], str(params["unit_amount"])
    if "unit_amount_decimal" in params:
        exact = Decimal(params["unit_amount_decimal"])
        whole = int(exact) if exact == exact.to_integral_value() else None
        return whole, params["unit_amount_decimal"]
    return None, None


def _recurring(given: JSON) -> JSON:
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": given.get("meter"),
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": given.get("usage_type", "licensed"),
    }


def _custom(given: JSON | None) -> JSON | None:
    if not given or not given.get("enabled"):
        return None
    return {name: given.get(name) for name in ("maximum", "minimum", "preset")}
