"""Metadata: the limits and the merging of an update ("Metadata")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stripe_emulator.errors import StripeError, invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.schema.field import Field

MOST_KEYS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata(Field):
    """Up to 50 keys of 40 characters with values of 500 ("Metadata"); an empty value deletes its key."""

    clearable: bool = True

    def empty(self, path: str) -> JSON:
        return {"": ""}

    def parse(self, value: Any, path: str) -> JSON:
        if not isinstance(value, dict):
            raise invalid_request("Invalid object", param=path)
        if len(value) > MOST_KEYS:
            raise too_many(len(value))
        for key, text in value.items():
            _check_metadata(key, text, path)
        return value


def _check_metadata(key: str, text: Any, path: str) -> None:
    if not isinstance(text, str):
        message = f"Metadata values must be strings, but for key {key[:40]} you passed in a hash."
        raise invalid_request(message, param=f"{path}[{key}]")
    if len(key) > 40:
        raise invalid_request(
            f"Metadata keys can have up to 40 characters, but you passed in a key that is {len(key)} "
            f"characters. Invalid key: {key}",
            param=path,
        )
    if len(text) > 500:
        raise invalid_request(
            f"Metadata values can have up to 500 characters, but you passed in a value that is {len(text)} "
            f"characters. Invalid value: {text}",
            param=f"{path}[{key}]",
        )


def merge_metadata(old: JSON, new: JSON | None) -> JSON:
    """Return the metadata after an update: keys are merged, empty ones deleted; an empty hash clears all."""
    if new is None:
        return old
    if new == {"": ""}:
        return {}
    merged = {key: text for key, text in {**old, **new}.items() if text != ""}
    if len(merged) > MOST_KEYS:
        raise too_many(len(merged))
    return merged


def too_many(count: int) -> StripeError:
    """Return the error for too many keys."""
    message = f"Metadata can have up to {MOST_KEYS} keys, but you've set {count}."
    return invalid_request(message, param="metadata")


METADATA = Metadata()
