"""The Refund object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_refund(charge: JSON, amount: int, params: JSON, now: int, *, status: str) -> JSON:
    """Build a refund of `amount` minor units of `charge`."""
    card = "card" in (charge["payment_method_details"] or {})
    return {
        **({} if card else {"description": None}),
        **({"pending_reason": "processing"} if status == "pending" else {}),
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "customer": charge["customer"],
        "customer_account": None,
        "currency": charge["currency"],
        "destination_details": _card_destination() if card else _other_destination(charge),
        "metadata": params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def _card_destination() -> JSON:
    reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {"card": {**reference, "type": "refund"}, "type": "card"}


def _other_destination(charge: JSON) -> JSON | None:
    details = charge["payment_method_details"]
    return {details["type"]: {}, "type": details["type"]} if details else None
