"""The checkout page's content, as values for its template."""

from __future__ import annotations

from stripe_emulator.currencies import display
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

_BUTTONS = {"donate": "Donate", "book": "Book", "subscribe": "Subscribe"}

#: The test data that the page can fill in, with the outcome.
TEST_CARDS = (
    ("4242424242424242", "Pays"),
    ("4000000000000002", "Declined"),
    ("4000000000009995", "Insufficient funds"),
    ("4000000000003220", "3-D Secure"),
    ("4000000000000259", "Disputed later"),
    ("4000000000005126", "Refund fails"),
)
TEST_IBANS = (
    ("AT61 1904 3002 3457 3201", "Pays after a few seconds"),
    ("AT86 1904 3002 3547 3202", "Fails after a few seconds"),
    ("AT59 1904 3002 3547 3203", "Pays, then is disputed"),
)
TEST_ACCOUNTS = (
    ("000123456789", "Pays after a few seconds"),
    ("000111111113", "Fails: account closed"),
    ("000555555559", "Pays, then is disputed"),
)


def checkout_values(session: Entity, error: tuple[str, str] | None, typed: JSON) -> JSON:
    """Return all values of `checkout.html`. `error` is the field's id (or "") and the message."""
    data = session.data
    currency = data["currency"]
    return {
        "assets": "assets",
        "action": f"{session.id}/confirm",
        "total": display(data["amount_total"], currency),
        "subtotal": display(data["amount_subtotal"], currency),
        "discount": data["total_details"]["amount_discount"]
        and display(-data["total_details"]["amount_discount"], currency),
        "lines": [_line(line) for line in session.private["line_items"]],
        "free": data["amount_total"] == 0,
        "button": _button(data),
        "cancel_url": data["cancel_url"],
        "email": (data["customer_details"] or {}).get("email"),
        "terms": (data["consent_collection"] or {}).get("terms_of_service") == "required",
        "types": data["payment_method_types"],
        "phone": data["phone_number_collection"]["enabled"],
        "billing": data["billing_address_collection"] == "required",
        "shipping": data["shipping_address_collection"],
        "texts": {name: (given or {}).get("message") for name, given in data["custom_text"].items()},
        "name": (data["branding_settings"] or {}).get("display_name"),
        "cards": [{"number": number, "label": label, "shown": _grouped(number)} for number, label in TEST_CARDS],
        "ibans": TEST_IBANS,
        "accounts": TEST_ACCOUNTS,
        "error": error,
        "typed": typed,
    }


def _line(line: JSON) -> JSON:
    each = line["price"]["unit_amount"]
    return {
        "name": line["description"],
        "quantity": line["quantity"],
        "total": display(line["amount_total"], line["currency"]),
        "each": display(each, line["currency"]) if each is not None and line["quantity"] > 1 else None,
    }


def _button(data: JSON) -> str:
    if data["amount_total"] == 0:
        return "Complete order"
    amount = display(data["amount_total"], data["currency"])
    return f"{_BUTTONS.get(data['submit_type'] or '', 'Pay')} {amount}"


def _grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
