"""The Dispute object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

#: Short evidence texts.
SHORT_TEXTS = (
    "billing_address", "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_id",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
)  # fmt: skip
#: Evidence texts of up to 20,000 characters.
LONG_TEXTS = (
    "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal", "duplicate_charge_explanation",
    "product_description", "refund_policy_disclosure", "refund_refusal_explanation", "uncategorized_text",
)  # fmt: skip
#: Evidence given by the id of an uploaded file. Files are not supported.
FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
    "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
EVIDENCE = tuple(sorted((*SHORT_TEXTS, *LONG_TEXTS, *FILES)))

#: The card networks' codes for the reasons.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def new_dispute(charge: JSON, amount: int, reason: str, status: str, now: int) -> JSON:
    """Build a dispute. `status` is `needs_response`, or `warning_needs_response` for an inquiry."""
    evidence: JSON = dict.fromkeys(EVIDENCE)
    evidence["enhanced_evidence"] = {}
    evidence["customer_email_address"] = charge["billing_details"]["email"]
    evidence["customer_name"] = charge["billing_details"]["name"]
    card = "card" in (charge["payment_method_details"] or {})
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
        **({"network_reason_code": _code(reason)} if card else {}),
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge, reason, inquiry=status.startswith("warning")),
        "reason": reason,
        "status": status,
    }


def _code(reason: str) -> str:
    return _NETWORK_CODES.get(reason, "12.6")


def _method(charge: JSON, reason: str, *, inquiry: bool) -> JSON | None:
    card = (charge["payment_method_details"] or {}).get("card")
    if not card:
        return None
    kind = "inquiry" if inquiry else "chargeback"
    own = {
        "brand": card["brand"],
        "case_type": kind,
        "network": card["network"],
        "network_reason_code": _code(reason),
    }
    return {"card": own, "type": "card"}
