"""Remove personal data from Stripe's objects."""

import json
from typing import Any

# Everything in them is about the buyer, or leads to it.
WHOLE = {
    *("billing_details", "collected_information", "customer_details", "shipping", "shipping_details"),
    *("custom_fields", "evidence", "owner", "receipt_url", "hosted_invoice_url", "invoice_pdf"),
}
# The last word of a field: `receipt_email`, `verified_name`, `customer_purchase_ip`.
WORDS = {"email", "emails", "phone", "name", "address", "ip"}


def is_personal(field: str) -> bool:
    """Return whether a field of this name has personal data."""
    return field in WHOLE or field.rpartition("_")[2] in WORDS


def without_personal_data(payload: str) -> str:
    """Return an event's JSON with null in all fields of personal data. What an order needs of an event stays."""
    try:
        return json.dumps(_cleared(json.loads(payload)))
    except (ValueError, RecursionError):
        return "{}"  # it can't be read, so nothing needs it


def _cleared(value: Any) -> Any:
    if isinstance(value, list):
        return [_cleared(each) for each in value]
    if isinstance(value, dict):
        return {field: None if is_personal(field) else _cleared(each) for field, each in value.items()}
    return value
