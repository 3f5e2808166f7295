"""The Dispute object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text",
)  # fmt: skip

#: The card networks' codes for the reasons.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def new_dispute(charge: JSON, amount: int, reason: str, status: str, now: int) -> JSON:
    """Build a dispute. `status` is `needs_response`, or `warning_needs_response` for an inquiry."""
    evidence: JSON = dict.fromkeys(EVIDENCE)
    evidence["enhanced_evidence"] = {}
    evidence["customer_email_address"] = charge["billing_details"]["email"]
    evidence["customer_name"] = charge["billing_details"]["name"]
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": now + 9 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": status.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge, reason, inquiry=status.startswith("warning")),
        "reason": reason,
        "status": status,
    }


def _method(charge: JSON, reason: str, *, inquiry: bool) -> JSON | None:
    card = (charge["payment_method_details"] or {}).get("card")
    if not card:
        return None
    kind = "inquiry" if inquiry else "chargeback"
    code = _NETWORK_CODES.get(reason, "12.6")
    own = {"brand": card["brand"], "case_type": kind, "network": card["network"], "network_reason_code": code}
    return {"card": own, "type": "card"}
