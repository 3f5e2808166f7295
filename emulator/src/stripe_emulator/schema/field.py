"""The base of all parameter schemas: a string."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stripe_emulator.errors import invalid_request


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A string of at most `longest` characters; other kinds refine `parse`."""

    required: bool = False
    clearable: bool = False
    longest: int = 5000

    def read(self, value: Any, path: str) -> Any:
        """Return the typed value. Raises `StripeError` naming `path`."""
        if value == "" and not isinstance(value, dict):
            return self.empty(path)
        return self.parse(value, path)

    def empty(self, path: str) -> Any:
        """Return the meaning of an empty string: None, if the field can be cleared."""
        if self.clearable:
            return None
        raise invalid_request(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
            f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or "
            "supply a non-empty value.",
            param=path,
            code="parameter_invalid_empty",
        )

    def parse(self, value: Any, path: str) -> Any:
        """Return the typed form of a value that is not empty."""
        text = string(value, path)
        if len(text) > self.longest:
            shown = f"{text[:25]}...{text[-25:]}"
            message = f"Invalid string: {shown}; must be at most {self.longest} characters"
            raise invalid_request(message, param=path)
        return text


String = Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Name(Field):
    """A name that buyers see: without spaces at its ends, and not blank."""

    def parse(self, value: Any, path: str) -> Any:
        text = Field.parse(self, value, path).strip()
        return text or self.empty(path)


def string(value: Any, path: str) -> str:
    """Return `value`. Raises `StripeError` for a hash."""
    if isinstance(value, str):
        return value
    shown = "{" + ", ".join(f'"{key}"=>…' for key in list(value)[:2]) + "}"
    raise invalid_request(f"Invalid string: {shown}", param=path)
