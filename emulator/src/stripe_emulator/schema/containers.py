"""Schemas of arrays and hashes, and the parser for a whole request."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stripe_emulator.errors import StripeError, invalid_request, missing_param
from stripe_emulator.jsontext import JSON
from stripe_emulator.schema.field import Field
from stripe_emulator.schema.kinds import BOOLEANS

_MISSING = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class Array(Field):
    """A list of at most `most` values of the kind `item`."""

    item: Field
    most: int = 100

    def parse(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise invalid_request("Invalid array", param=path)
        if len(value) > self.most:
            raise invalid_request(f"Array {path} exceeded maximum {self.most} allowed elements.", param=path)
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [self.item.read(item, f"{path}[{key}]") for key, item in ordered]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hash(Field):
    """A hash with known keys. `fields` maps each to its own schema."""

    fields: Mapping[str, Field]

    def parse(self, value: Any, path: str) -> JSON:
        if not isinstance(value, dict):
            raise invalid_request("Invalid object", param=path)
        return read_fields(self.fields, value, path)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyHash(Field):
    """A hash or value of Stripe's API that has no effect here but is returned. Types are guessed."""

    def parse(self, value: Any, path: str) -> Any:
        return _guess(value)


def _guess(value: Any) -> Any:
    """Guess types: numbered keys become a list, `true` a boolean, digits a number."""
    if isinstance(value, dict):
        if value and all(key.isdecimal() for key in value):
            return [_guess(item) for _, item in sorted(value.items(), key=lambda pair: int(pair[0]))]
        return {key: _guess(item) for key, item in value.items()}
    if value in BOOLEANS:
        return BOOLEANS[value]
    return int(value) if value.isdecimal() and len(value) < 16 else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsupported(Field):
    """A parameter of Stripe's API that the emulator lacks: rejected by name, never ignored."""

    def read(self, value: Any, path: str) -> Any:
        raise invalid_request(f"The local Stripe emulator does not support `{path}`.", param=path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Only(Field):
    """A parameter that only supports its default, `value`. Other values are rejected by name."""

    field: Field
    value: Any = False

    def parse(self, value: Any, path: str) -> Any:
        parsed = self.field.parse(value, path)
        if parsed != self.value:
            shown = str(value)[:80]
            raise invalid_request(f"The local Stripe emulator does not support `{path}={shown}`.", param=path)
        return parsed


def read_fields(fields: Mapping[str, Field], value: JSON, path: str = "") -> JSON:
    """Parse all fields of a hash. Raises for the first missing, unknown or invalid one."""
    unknown = [key for key in value if key not in fields]
    if unknown:
        raise _unknown(unknown, fields, path)
    result = {}
    for name, schema in fields.items():
        item = value.get(name, _MISSING)
        full = f"{path}[{name}]" if path else name
        if item is not _MISSING:
            result[name] = schema.read(item, full)
        elif schema.required:
            raise missing_param(full)
    return result


def _unknown(names: list[str], fields: Mapping[str, Field], path: str) -> StripeError:
    full = [f"{path}[{name}]" if path else name for name in names]
    message = f"Received unknown parameter{'s' if len(full) > 1 else ''}: {', '.join(full)}"
    if len(names) == 1 and (near := difflib.get_close_matches(names[0], list(fields), 1, 0.75)):
        message += f". Did you mean {near[0]}?"
    return invalid_request(message, param=full[0], code="parameter_unknown")
