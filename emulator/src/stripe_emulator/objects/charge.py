"""The Charge object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

#: A charge's statement shows the account's descriptor, then the suffix.
_DESCRIPTOR = "LOCAL STRIPE"


def new_charge(intent: JSON, method: JSON, details: JSON, amount: int, now: int) -> JSON:
    """Build a pending charge. `details` is `payment_method_details`."""
    card = method["type"] == "card"
    return {
        "id": new_id("ch" if card else "py"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": _descriptor(intent),
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": details,
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def describe(charge: JSON, given: JSON) -> None:
    """Set the statement descriptors in `given` on a charge, and update the calculated one."""
    charge |= given
    charge["calculated_statement_descriptor"] = _descriptor(charge)


def _descriptor(payment: JSON) -> str:
    if suffix := payment["statement_descriptor_suffix"]:
        return f"{_DESCRIPTOR}* {suffix}"
    return payment["statement_descriptor"] or _DESCRIPTOR


def outcome(
    kind: str, seller_message: str, *, network: str, reason: str | None = None, risk: str = "normal", score: int = 20
) -> JSON:
    """Build a charge's `outcome`."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": risk,
        "risk_score": score,
        "seller_message": seller_message,
        "type": kind,
    }
