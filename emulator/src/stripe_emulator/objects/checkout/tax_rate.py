"""The TaxRate object, and the tax of an amount."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_tax_rate(params: JSON, now: int) -> JSON:
    """Build a tax rate from the parameters of its creation; `percentage` is a number."""
    return {
        "id": params.get("id") or new_id("txr"),
        "object": "tax_rate",
        "active": params.get("active", True),
        "country": params.get("country"),
        "created": now,
        "description": params.get("description"),
        "display_name": params["display_name"],
        "effective_percentage": params.get("effective_percentage"),
        "flat_amount": None,
        "inclusive": params["inclusive"],
        "jurisdiction": params.get("jurisdiction"),
        "jurisdiction_level": params.get("jurisdiction_level"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "percentage": params["percentage"],
        "rate_type": params.get("rate_type"),
        "state": params.get("state"),
        "tax_type": params.get("tax_type"),
    }


def tax(amount: int, rate: JSON, taxable: int, reason: str | None) -> JSON:
    """Build the entry of `taxes` for one rate. `reason` is the `taxability_reason` of automatic tax."""
    return {"amount": amount, "rate": rate, "taxability_reason": reason, "taxable_amount": taxable}
