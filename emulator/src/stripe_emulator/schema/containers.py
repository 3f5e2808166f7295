"""Schemas of arrays and hashes, and the parser for a whole request."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stripe_emulator.errors import StripeError, invalid_request, missing_param, not_supported
from stripe_emulator.jsontext import JSON
from stripe_emulator.schema.field import Field
from stripe_emulator.schema.rules import Rule, check

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
    """A hash with known keys. `fields` maps each to its own schema, `rules` are those across them."""

    fields: Mapping[str, Field]
    rules: tuple[Rule, ...] = ()

    def parse(self, value: Any, path: str) -> JSON:
        if not isinstance(value, dict):
            raise invalid_request("Invalid object", param=path)
        parsed = read_fields(self.fields, value, path)
        check(self.rules, parsed, path)
        return parsed


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole(Hash):
    """A hash that is shown with all of its keys: those that were not given are null."""

    def parse(self, value: Any, path: str) -> JSON:
        return {**dict.fromkeys(self.fields), **Hash.parse(self, value, path)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsupported(Field):
    """A parameter of Stripe's API that the emulator lacks: rejected by name, never ignored."""

    def read(self, value: Any, path: str) -> Any:
        raise not_supported(f"`{path}`", param=path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Only(Field):
    """A parameter that only supports its default, `value`. Other values are rejected by name."""

    field: Field
    value: Any = False

    def parse(self, value: Any, path: str) -> Any:
        parsed = self.field.parse(value, path)
        if parsed != self.value:
            raise not_supported(f"`{path}={str(value)[:80]}`", param=path)
        return parsed


def supported_names(fields: Mapping[str, Field], path: str = "") -> Iterator[str]:
    """Yield the paths of all supported parameters, e.g. `line_items[][price]`."""
    for name, field in fields.items():
        full = f"{path}[{name}]" if path else name
        while isinstance(field, Array):
            field, full = field.item, f"{full}[]"
        if isinstance(field, Hash):
            yield from supported_names(field.fields, full)
        elif not isinstance(field, Unsupported):
            yield full


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
