"""The Card object: a legacy source on a customer."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_card(method: JSON, customer: str) -> JSON:
    """Build a card source from a card PaymentMethod."""
    card = method["card"]
    return {
        "id": new_id("card"),
        "object": "card",
        "address_city": None,
        "address_country": None,
        "address_line1": None,
        "address_line1_check": None,
        "address_line2": None,
        "address_state": None,
        "address_zip": None,
        "address_zip_check": None,
        "allow_redisplay": "unspecified",
        "brand": card["brand"].capitalize(),
        "country": card["country"],
        "customer": customer,
        "cvc_check": card["checks"]["cvc_check"],
        "dynamic_last4": None,
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "last4": card["last4"],
        "metadata": {},
        "name": None,
        "regulated_status": card["regulated_status"],
        "tokenization_method": None,
    }
