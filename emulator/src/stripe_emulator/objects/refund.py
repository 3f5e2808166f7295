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


#: Where refunds of other methods go, which is not always named like the method.
_DESTINATIONS = {
    "customer_balance": "customer_cash_balance",
    "sepa_debit": "eu_bank_transfer",
    "us_bank_account": "us_bank_transfer",
}


def _other_destination(charge: JSON) -> JSON | None:
    kind = _DESTINATIONS.get((charge["payment_method_details"] or {}).get("type", ""))
    if kind is None:
        return None
    reference = {"reference": None, "reference_status": "pending"} if kind.endswith("_transfer") else {}
    return {kind: reference, "type": kind}
