"""The PaymentMethod object, a charge's `payment_method_details`, and the Mandate of a debit."""

from __future__ import annotations

from typing import Any

from stripe_emulator.ids import fingerprint, new_id
from stripe_emulator.jsontext import JSON

_NO_ADDRESS: JSON = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def new_payment_method(kind: str, own: JSON, billing: JSON, now: int, wanted: str | None = None) -> JSON:
    """Build a PaymentMethod of `kind`, with its `own` hash (`card`, `sepa_debit`, …)."""
    return {
        "id": wanted or new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(billing),
        kind: own,
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "radar_options": {},
        "type": kind,
    }


def billing_details(given: JSON) -> JSON:
    """Build `billing_details` with all fields; missing ones are None."""
    address = given.get("address") or {}
    return {
        "address": {**_NO_ADDRESS, **address},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": given.get("tax_id"),
    }


def card_hash(number: str, face: JSON, month: int, year: int, *, checks: JSON) -> JSON:
    """Build `card`. `face` has brand, country and funding; only the last four digits of the number are kept."""
    return {
        "brand": face["brand"],
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None, **checks},
        "country": face["country"],
        "display_brand": face["brand"],
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(number),
        "funding": face["funding"],
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [face["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": face["brand"] != "amex"},
        "wallet": None,
    }


def sepa_hash(iban: str) -> JSON:
    """Build `sepa_debit` for an IBAN."""
    return {
        "bank_code": iban[4:12],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": fingerprint(iban),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }


def us_hash(number: str, routing: str) -> JSON:
    """Build `us_bank_account` for an account at Stripe's test bank."""
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": fingerprint(number),
        "last4": number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": routing,
        "status_details": {},
    }


#: Parts of a PaymentMethod that a charge does not repeat.
_NOT_CHARGED = ("generated_from", "networks", "status_details", "financial_connections_account")


def charge_details(method: JSON, amount: int, extra: JSON) -> JSON:
    """Build a charge's `payment_method_details`; `extra` overrides (3-D Secure results, checks, …)."""
    kind: str = method["type"]
    own: JSON = method.get(kind) or {}
    if kind != "card":
        kept = {key: value for key, value in own.items() if key not in _NOT_CHARGED}
        if kind == "us_bank_account":
            kept["payment_reference"] = None
        return {kind: {**kept, **extra}, "type": kind}
    return {"card": {**_card_details(own, amount), **extra}, "type": "card"}


def _card_details(card: JSON, amount: int) -> JSON:
    copied: tuple[str, ...] = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    details: dict[str, Any] = {name: card[name] for name in copied}
    details["checks"] = {key: "pass" if value == "unchecked" else value for key, value in card["checks"].items()}
    return {
        "amount_authorized": amount,
        "authorization_code": "123456",
        **details,
        # Of a payment without 3-D Secure. Other networks than Visa do not always tell.
        "electronic_commerce_indicator": "07" if card["brand"] == "visa" else None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": fingerprint(card["fingerprint"])[:15],
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def new_mandate(method: JSON, acceptance: JSON, now: int, *, single_use: JSON | None) -> JSON:
    """Build a mandate. `acceptance` is the buyer's consent; `single_use` has the amount of a single debit."""
    kind: str = method["type"]
    own = {"sepa_debit": {"reference": fingerprint(method["id"])[:16].upper(), "url": ""}}.get(kind, {})
    use = "single_use" if single_use else "multi_use"
    return {
        "id": new_id("mandate"),
        "object": "mandate",
        "customer_acceptance": {"accepted_at": now, **acceptance},
        "livemode": False,
        use: single_use or {},
        "payment_method": method["id"],
        "payment_method_details": {kind: own, "type": kind},
        "status": "active",
        "type": use,
    }
