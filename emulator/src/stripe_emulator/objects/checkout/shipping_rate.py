"""The ShippingRate object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_shipping_rate(params: JSON, now: int) -> JSON:
    """Build a shipping rate from the parameters of its creation (or from `shipping_rate_data`)."""
    fixed = params["fixed_amount"]
    estimate = params.get("delivery_estimate")
    return {
        "id": new_id("shr"),
        "object": "shipping_rate",
        "active": params.get("active", True),
        "created": now,
        "delivery_estimate": estimate and {"maximum": None, "minimum": None, **estimate},
        "display_name": params["display_name"],
        "fixed_amount": {"amount": fixed["amount"], "currency": fixed["currency"]},
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tax_code": params.get("tax_code"),
        "type": "fixed_amount",
    }
