"""The payment form, validated before the payment is attempted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.addresses import format_of, is_postal_code
from stripe_emulator.payments.checkout import tax_ids
from stripe_emulator.schema.kinds import EMAIL

_EXPIRY = re.compile(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*")
#: What people write in a phone number. Stripe keeps "+", the country's code and the digits (E.164).
_PUNCTUATION = re.compile(r"[\s().\-/]")
_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
#: Where a buyer is who enters no country. Stripe's form goes by the buyer's network, and always sends one.
COUNTRY = "US"


async def read_form(request: Request) -> Mapping[str, str]:
    """Read the fields of a plain form. (Starlette's own reader needs a package for uploads.)"""
    body = await request.body()
    return dict(parse_qsl(body[:65536].decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500))


class FormError(Exception):
    """Raised for an invalid input; `field` is its id. `values` fill in the message, which is translated first."""

    def __init__(self, field: str, message: str, **values: object) -> None:
        super().__init__(message)
        self.field = field
        self.values = values


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

    # The buyer

    def billing(self, session: JSON) -> JSON:
        """Return the billing details that `session` asks for. Raises `FormError`."""
        email = (session["customer_details"] or {}).get("email") or self.get("email")
        if not EMAIL.fullmatch(email):
            raise FormError("email", "Enter a valid email address.")
        phone = None
        if session["phone_number_collection"]["enabled"]:
            phone = _PUNCTUATION.sub("", self.require("phone", "Enter your phone number."))
        name = self.get("card-name") or self.get("account-name") or None
        return {"email": email, "name": name, "phone": phone, "address": self._billing_address(session)}

    def _billing_address(self, session: JSON) -> JSON | None:
        if session["billing_address_collection"] == "required":
            return self._address("billing")
        if asks_for_place(session):
            return self._place("billing")
        if not self._by_card(session):
            return None
        given = {"country": self.get("country").upper() or COUNTRY, "postal_code": self.get("postal-code")}
        return {part: given.get(part) or None for part in _ADDRESS}

    def _by_card(self, session: JSON) -> bool:
        return session["amount_total"] > 0 and (self.get("method") or session["payment_method_types"][0]) == "card"

    def shipping(self, session: JSON) -> JSON | None:
        """Return the shipping details, if the session asks for them. Raises `FormError`."""
        if not session["shipping_address_collection"]:
            return None
        name = self.require("shipping-name", "Enter the recipient's name.")
        return {"address": self._address("shipping", session["shipping_address_collection"]), "name": name}

    def place(self, session: JSON) -> JSON | None:
        """Return where the order is taxed, as far as the buyer has entered it. Does not validate it."""
        kind = "shipping" if session["shipping_address_collection"] else "billing"
        country = self.country(kind)
        if not country:
            return None
        return {"country": country, "state": self.get(f"{kind}-state") if format_of(country).state else None}

    def country(self, kind: str) -> str:
        """Return the country of an address, or ""."""
        return self.get(f"{kind}-country").upper()

    def _address(self, kind: str, limits: JSON | None = None) -> JSON:
        """Return a complete address, with the fields of its country. Raises `FormError`."""
        self.require(f"{kind}-line1", "Enter the street.")
        self.require(f"{kind}-city", "Enter the city.")
        found = self._place(kind, limits)
        return {part: found[part] or self.get(f"{kind}-{part}") or None for part in _ADDRESS}

    def _place(self, kind: str, limits: JSON | None = None) -> JSON:
        """Return the country, state and postal code of an address. Raises `FormError`."""
        country = self.require(f"{kind}-country", "Enter the country.").upper()
        if limits and country not in limits["allowed_countries"]:
            raise FormError(f"{kind}-country", "The shop does not ship to this country.")
        own = format_of(country)
        state, postal_code = self.get(f"{kind}-state"), self.get(f"{kind}-postal_code")
        if own.state and (not state or (own.states and state.upper() not in own.states)):
            raise FormError(f"{kind}-state", "Fill in “{label}”.", label=own.state)
        if own.postal_code and not postal_code:
            raise FormError(f"{kind}-postal_code", "Enter the postal code.")
        if own.postal_code and not is_postal_code(country, postal_code):
            raise FormError(f"{kind}-postal_code", "This is not a postal code of the country.")
        given = {"country": country, "state": state, "postal_code": postal_code}
        return {part: given.get(part) or None for part in _ADDRESS}

    # What else the shop asks for

    def agree(self, session: JSON) -> JSON | None:
        """Return the buyer's `consent`, if the session asks for any. Raises `FormError`."""
        asked = session["consent_collection"] or {}
        terms, promotions = asked.get("terms_of_service") == "required", asked.get("promotions") == "auto"
        if terms:
            self.require("terms", "Accept the terms of service first.")
        if not terms and not promotions:
            return None
        opted = "opt_in" if self.get("promotions") else "opt_out"
        return {"promotions": opted if promotions else None, "terms_of_service": "accepted" if terms else None}

    def custom_fields(self, session: JSON) -> list[JSON]:
        """Return the session's `custom_fields` with the buyer's values. Raises `FormError`."""
        return [
            {**field, field["type"]: {**field[field["type"]], "value": self._custom_value(field)}}
            for field in session["custom_fields"]
        ]

    def _custom_value(self, field: JSON) -> str | None:
        name, kind, label = f"custom-{field['key']}", field["type"], field["label"]["custom"]
        value, own = self.get(name), field[field["type"]]
        if not value:
            if not field["optional"]:
                raise FormError(name, "Fill in “{label}”.", label=label)
            return None
        if kind == "dropdown":
            if value not in [option["value"] for option in own["options"]]:
                raise FormError(name, "Fill in “{label}”.", label=label)
            return value
        if kind == "numeric" and not (value.isascii() and value.isdecimal()):
            raise FormError(name, "“{label}” can only contain digits.", label=label)
        if len(value) < (own["minimum_length"] or 0):
            raise FormError(
                name, "“{label}” needs at least {count} characters.", label=label, count=own["minimum_length"]
            )
        if len(value) > (own["maximum_length"] or 255):
            count = own["maximum_length"] or 255
            raise FormError(name, "“{label}” can have at most {count} characters.", label=label, count=count)
        return value

    def business_country(self, session: JSON) -> str:
        """Return the country of a business, which determines the type of its tax ID."""
        if session["billing_address_collection"] == "required" or asks_for_place(session):
            return self.country("billing") or COUNTRY
        if limits := session["shipping_address_collection"]:
            return self.country("shipping") or default_country(limits["allowed_countries"])
        return self.get("country").upper() or COUNTRY

    def tax_id(self, session: JSON) -> tuple[str | None, list[JSON]]:
        """Return the name of the buyer's business and its tax IDs, if the session asks for them. Raises `FormError`."""
        asked = session["tax_id_collection"]
        if not asked["enabled"]:
            return None, []
        kind, text = tax_ids.type_of(self.business_country(session)), self.get("tax-id")
        if kind is None or (not text and asked["required"] == "never"):
            return self.get("business-name") or None, []
        if not text:
            raise FormError("tax-id", "Enter your tax ID.")
        value = tax_ids.normalized(kind, text)
        if value is None:
            raise FormError("tax-id", "Enter a tax ID in this format: {example}", example=kind.example)
        name = self.require("business-name", "Enter the name of your business.")
        return name, [{"type": kind.type, "value": value}]

    def card(self) -> JSON:
        """Return number, expiry and CVC. Raises `FormError`. Does not check whether the card is accepted."""
        number = self.require("card-number", "Enter a card number.")
        match = _EXPIRY.fullmatch(self.require("card-expiry", "Enter the expiry date."))
        if not match:
            raise FormError("card-expiry", "Enter the expiry date as MM / YY.")
        cvc = self.require("card-cvc", "Enter the security code.")
        self.require("card-name", "Enter the name on the card.")
        return {"number": number, "exp_month": int(match[1]), "exp_year": int(match[2]), "cvc": cvc}


def default_country(allowed: list[str]) -> str:
    """Return the country that an address form starts with."""
    return COUNTRY if COUNTRY in allowed else allowed[0]


def asks_for_place(session: JSON) -> bool:
    """Return whether the page asks for country, state and postal code, only because tax depends on them."""
    asked = session["shipping_address_collection"] or session["billing_address_collection"] == "required"
    return bool(session["automatic_tax"]["enabled"] and not asked)
