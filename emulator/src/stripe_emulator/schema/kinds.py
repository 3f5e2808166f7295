"""Schemas of single values: numbers, words, currencies, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from stripe_emulator.currencies import CURRENCIES
from stripe_emulator.errors import StripeError, invalid_request, not_supported
from stripe_emulator.schema.field import Field, string

_INTEGER = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,30})?")
#: Email addresses that the API and the hosted page accept.
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]+\S*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integer(Field):
    """A whole number; amounts are in minor units."""

    least: int | None = None
    most: int | None = None

    def parse(self, value: Any, path: str) -> int:
        text = string(value, path)
        if not _INTEGER.fullmatch(text):
            raise _bad_integer(f"Invalid integer: {text[:80]}", path)
        number = int(text)
        if self.least is not None and number < self.least:
            raise _bad_integer(f"This value must be greater than or equal to {self.least}.", path)
        if self.most is not None and number > self.most:
            raise _bad_integer(f"This value must be less than or equal to {self.most}.", path)
        return number


def _bad_integer(message: str, path: str) -> StripeError:
    return invalid_request(message, param=path, code="parameter_invalid_integer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decimal(Field):
    """A decimal number with at most `places` decimal places, kept as text."""

    least: float | None = None
    most: float | None = None
    places: int = 12

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path)
        if not _DECIMAL.fullmatch(text):
            raise invalid_request(f"Invalid decimal: {text[:80]}", param=path)
        if len(text.partition(".")[2]) > self.places:
            message = f"Invalid decimal: {text[:80]}; must contain at most {self.places} decimal places."
            raise invalid_request(message, param=path)
        number = float(text)
        if self.least is not None and number < self.least:
            message = f"This value must be greater than or equal to {self.least:g} (it currently is '{number}')."
            raise invalid_request(message, param=path)
        if self.most is not None and number > self.most:
            message = f"This value must be less than or equal to {self.most:g} (it currently is '{number}')."
            raise invalid_request(message, param=path)
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern(Field):
    """Text that matches a regular expression. `message` may contain `{path}` and `{value}`."""

    pattern: str
    message: str
    code: str | None = None

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path)
        if not re.fullmatch(self.pattern, text):
            message = self.message.format(path=path, value=text[:80])
            raise invalid_request(message, param=path, code=self.code)
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Descriptor(Field):
    """Text for bank statements ("Statement descriptors"): it needs a letter, and some characters are forbidden."""

    longest: int = 22

    def parse(self, value: Any, path: str) -> str:
        text: str = Field.parse(self, value, path)
        for character in "<>\\'\"*":
            if character in text:
                raise invalid_request(f"The statement descriptor cannot include {character}.", param=path)
        if not re.search("[A-Za-z]", text):
            message = "The statement descriptor must contain at least one Latin character."
            raise invalid_request(message, param=path)
        return text


#: stripe-python before 12.1 and Stripe.net before 48.1 send `True` and `False`.
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Boolean(Field):
    """`true` or `false`, capitalized or not."""

    def parse(self, value: Any, path: str) -> bool:
        text = string(value, path)
        if text not in BOOLEANS:
            raise invalid_request(f"Invalid boolean: {text[:80]}", param=path)
        return BOOLEANS[text]


@dataclass(frozen=True, kw_only=True, slots=True)
class BooleanOr(Boolean):
    """A boolean, or one of several values (`off_session`)."""

    options: tuple[str, ...]

    def parse(self, value: Any, path: str) -> Any:
        return value if value in self.options else Boolean.parse(self, value, path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice(Field):
    """One of several values. `aliases` are those of older API versions; `unsupported` are Stripe's but not ours."""

    options: tuple[str, ...]
    unsupported: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path)
        text = self.aliases.get(text, text)
        if text in self.options:
            return text
        if text in self.unsupported:
            raise not_supported(f"`{path}={text}`", param=path)
        raise invalid_request(f"Invalid {path}: must be {one_of(self.options)}", param=path)


def one_of(options: tuple[str, ...]) -> str:
    """Return "one of a, b, or c", as Stripe lists them."""
    if len(options) == 1:
        return options[0]
    comma = "," if len(options) > 2 else ""
    return f"one of {', '.join(options[:-1])}{comma} or {options[-1]}"


def choice(*options: str, **more: Any) -> Choice:
    """Return `Choice(options=…)`."""
    return Choice(options=options, **more)


@dataclass(frozen=True, kw_only=True, slots=True)
class Currency(Field):
    """A currency code that Stripe supports, converted to lower case."""

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path).lower()
        if text not in CURRENCIES:
            known = ", ".join(sorted(CURRENCIES))
            message = f"Invalid currency: {text[:10]}. Stripe currently supports these currencies: {known}"
            raise invalid_request(message, param=path)
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Email(Field):
    """An address with one @ and a domain of at least two parts, none of them empty."""

    longest: int = 512

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path)
        if not EMAIL.fullmatch(text) or len(text) > self.longest:
            raise invalid_request(f"Invalid email address: {text[:80]}", param=path, code="email_invalid")
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Url(Field):
    """An absolute URL with a scheme (Checkout also accepts app schemes)."""

    longest: int = 5000

    def parse(self, value: Any, path: str) -> str:
        text = string(value, path)
        if not _URL.fullmatch(text) or len(text) > self.longest or not _can_be_split(text):
            raise invalid_request("Not a valid URL", param=path, code="url_invalid")
        return text


def _can_be_split(url: str) -> bool:
    """Return whether the host and port of a URL can be parsed."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True
