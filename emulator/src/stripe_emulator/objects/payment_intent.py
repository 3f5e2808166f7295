"""The PaymentIntent object."""

from __future__ import annotations

from stripe_emulator.ids import new_id, new_secret
from stripe_emulator.jsontext import JSON


def new_payment_intent(params: JSON, now: int) -> JSON:
    """Build a PaymentIntent before any attempt to pay it."""
    wanted = new_id("pi")
    types = params.get("payment_method_types") or ["card"]
    automatic = params.get("automatic_payment_methods")
    return {
        "id": wanted,
        "object": "payment_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": new_secret(f"{wanted}_secret", 25),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": now,
        "currency": params["currency"],
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": params.get("payment_method"),
        "payment_method_configuration_details": None,
        "payment_method_options": method_options(types, params.get("payment_method_options", {})),
        "payment_method_types": types,
        "payment_record": None,
        "processing": None,
        "receipt_email": params.get("receipt_email"),
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": params.get("shipping"),
        "source": None,
        "statement_descriptor": params.get("statement_descriptor"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "status": "requires_confirmation" if params.get("payment_method") else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.get("transfer_group"),
    }


_CARD_OPTIONS: JSON = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


def method_options(types: list[str], given: JSON) -> JSON:
    """Build `payment_method_options`: the defaults, overridden by the caller's values."""
    options: JSON = {}
    for kind in dict.fromkeys((*types, *given)):
        base = dict(_CARD_OPTIONS) if kind == "card" else {}
        options[kind] = {**base, **(given.get(kind) or {})}
    return options
