"""The payment form, validated before the payment is attempted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from stripe_emulator.jsontext import JSON
from stripe_emulator.schema.kinds import EMAIL

_EXPIRY = re.compile(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*")
_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
#: Where a buyer is who enters no country. Stripe's form goes by the buyer's network, and always sends one.
_COUNTRY = "US"


async def read_form(request: Request) -> Mapping[str, str]:
    """Read the fields of a plain form. (Starlette's own reader needs a package for uploads.)"""
    body = await request.body()
    return dict(parse_qsl(body[:65536].decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))


class FormError(Exception):
    """Raised for an invalid input; `field` is its id."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class PaymentForm:
    """The form's fields, by name."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a trimmed value, or ""."""
        return self.values.get(name, "").strip()[:500]

    def require(self, name: str, message: str) -> str:
        """Return a value that must not be empty. Raises `FormError`."""
        value = self.get(name)
        if not value:
            raise FormError(name, message)
        return value

    def billing(self, session: JSON) -> JSON:
        """Return the billing details that `session` asks for. Raises `FormError`."""
        email = (session["customer_details"] or {}).get("email") or self.get("email")
        if not EMAIL.fullmatch(email):
            raise FormError("email", "Enter a valid email address.")
        phone = None
        if session["phone_number_collection"]["enabled"]:
            phone = self.require("phone", "Enter your phone number.")
        address = None
        if session["billing_address_collection"] == "required":
            address = self._address("billing")
        elif self._by_card(session):
            given = {"country": self.get("country").upper() or _COUNTRY, "postal_code": self.get("postal-code")}
            address = {part: given.get(part) or None for part in _ADDRESS}
        name = self.get("card-name") or self.get("account-name") or None
        return {"email": email, "name": name, "phone": phone, "address": address}

    def _by_card(self, session: JSON) -> bool:
        return session["amount_total"] > 0 and (self.get("method") or session["payment_method_types"][0]) == "card"

    def agree(self, session: JSON) -> JSON | None:
        """Return the buyer's `consent`, if the session asks for any. Raises `FormError`."""
        if (session["consent_collection"] or {}).get("terms_of_service") != "required":
            return None
        self.require("terms", "Accept the terms of service first.")
        return {"promotions": None, "terms_of_service": "accepted"}

    def shipping(self, session: JSON) -> JSON | None:
        """Return the shipping details, if the session asks for them. Raises `FormError`."""
        if not session["shipping_address_collection"]:
            return None
        name = self.require("shipping-name", "Enter the recipient's name.")
        return {"address": self._address("shipping"), "name": name}

    def _address(self, kind: str) -> JSON:
        for part, what in (
            ("line1", "street"),
            ("city", "city"),
            ("postal_code", "postal code"),
            ("country", "country"),
        ):
            self.require(f"{kind}-{part}", f"Enter the {what}.")
        return {part: self.get(f"{kind}-{part}") or None for part in _ADDRESS}

    def card(self) -> JSON:
        """Return number, expiry and CVC. Raises `FormError`. Does not check whether the card is accepted."""
        number = self.require("card-number", "Enter a card number.")
        match = _EXPIRY.fullmatch(self.require("card-expiry", "Enter the expiry date."))
        if not match:
            raise FormError("card-expiry", "Enter the expiry date as MM / YY.")
        cvc = self.require("card-cvc", "Enter the security code.")
        self.require("card-name", "Enter the name on the card.")
        return {"number": number, "exp_month": int(match[1]), "exp_year": int(match[2]), "cvc": cvc}
