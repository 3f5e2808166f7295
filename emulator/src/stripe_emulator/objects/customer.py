"""The Customer object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_customer(params: JSON, now: int) -> JSON:
    """Build a customer from the parameters of its creation."""
    wanted = new_id("cus", 14)
    settings = params.get("invoice_settings", {})
    return {
        "id": wanted,
        "object": "customer",
        "address": params.get("address"),
        "balance": params.get("balance", 0),
        "business_name": params.get("business_name"),
        "created": now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "individual_name": params.get("individual_name"),
        "invoice_prefix": params.get("invoice_prefix") or wanted[-8:].upper(),
        "invoice_settings": {
            "custom_fields": settings.get("custom_fields"),
            "default_payment_method": settings.get("default_payment_method"),
            "footer": settings.get("footer"),
            "rendering_options": settings.get("rendering_options"),
        },
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
        "next_invoice_sequence": params.get("next_invoice_sequence", 1),
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": params.get("shipping"),
        "tax_exempt": params.get("tax_exempt", "none"),
        "test_clock": None,
    }
