"""`application/x-www-form-urlencoded` with bracketed keys, the encoding of Stripe's API."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON

_MAX_DEPTH = 16
_MOST_FIELDS = 5000


def decode(text: str) -> JSON:
    """Decode `a[b][0]=1&c[]=2` to `{"a": {"b": {"0": "1"}}, "c": {"0": "2"}}`.

    Arrays stay dictionaries by position: only the schema tells which hash is an array. Raises
    `StripeError` for keys whose brackets don't close, or that are both a value and a hash.
    """
    result: JSON = {}
    pairs = text.split("&")
    if len(pairs) > _MOST_FIELDS:
        raise invalid_request("Too many parameters.")
    for pair in pairs:
        key, _, value = pair.partition("=")
        if pair:
            _put(result, _path(_plain(key)), _plain(value))
    return result


def _plain(text: str) -> str:
    """Return the decoded text. Most texts have nothing to decode, and skip the standard library."""
    return unquote_plus(text) if "%" in text or "+" in text else text


@lru_cache(maxsize=4096)
def _path(key: str) -> tuple[str, ...]:
    head, bracket, rest = key.partition("[")
    if not bracket:
        return (key,)
    if not head or not rest.endswith("]"):
        raise invalid_request(f"Invalid parameter name: {key[:80]}", param=key[:80])
    parts = (head, *rest[:-1].split("]["))
    if len(parts) > _MAX_DEPTH:
        raise invalid_request(f"Parameter nested too deeply: {key[:80]}", param=key[:80])
    return parts


def _put(target: JSON, path: tuple[str, ...], value: str) -> None:
    for depth, part in enumerate(path[:-1]):
        name = part or _position(target, path[depth + 1 :])
        target = target.setdefault(name, {})
        if not isinstance(target, dict):
            raise invalid_request("Invalid object", param=path[0])
    last = path[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise invalid_request("Invalid string: {…}", param=path[0])
    target[last] = value


def _position(array: JSON, rest: tuple[str, ...]) -> str:
    """Return the element that `a[][b][c]` belongs to: the last one, until a repeated `[b][c]` starts a new one.

    A nested array (`a[][b][]`) is extended, as in Rack, which Stripe's API uses.
    """
    if not array:
        return "0"
    last: Any = array.get(str(len(array) - 1), {})
    for part in rest:
        if not part or not isinstance(last, dict) or part not in last:
            return str(len(array) - 1)
        last = last[part]
    return str(len(array))
