"""The checkout page's content, as values for its template."""

from __future__ import annotations

from stripe_emulator.currencies import CURRENCIES, display
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

_BUTTONS = {"donate": "Donate", "book": "Book"}

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
    currency, locale = data["currency"], data["locale"]
    discount = data["total_details"]["amount_discount"]
    lines = session.private["line_items"]
    about = session.private.get("about", [{}] * len(lines))
    return {
        "assets": "assets",
        "action": f"{session.id}/confirm",
        "branding": f"{session.id}/branding.css" if data["branding_settings"] else None,
        # The page's script formats the amounts for it.
        "locale": None if locale == "auto" else locale,
        "total": _money(data["amount_total"], currency),
        "subtotal": _money(data["amount_subtotal"], currency),
        "discount": discount and _money(-discount, currency),
        "lines": [_line(*each) for each in zip(lines, about, strict=True)],
        "free": data["amount_total"] == 0,
        "button": _BUTTONS.get(data["submit_type"] or "", "Pay"),
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


def _line(line: JSON, about: JSON) -> JSON:
    each = line["price"]["unit_amount"]
    return {
        "name": line["description"],
        "about": about.get("description"),
        "unit": about.get("unit_label"),
        "quantity": line["quantity"],
        "total": _money(line["amount_total"], line["currency"]),
        "each": _money(each, line["currency"]) if each is not None and line["quantity"] > 1 else None,
    }


def _money(amount: int, currency: str) -> JSON:
    """Return an amount as displayed, and as the page's script needs it."""
    places = CURRENCIES[currency].digits
    return {"shown": display(amount, currency), "exact": f"{amount / 10**places:.{places}f} {currency.upper()}"}


def _grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
