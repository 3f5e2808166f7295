"""Rules that involve several parameters, each of which is valid on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `broken` returns whether the parsed parameters break it; `message` is Stripe's.

    `{path}` in the message is the path of the hash, and `param`, which the error names, is inside the hash.
    """

    param: str | None
    message: str
    broken: Callable[[JSON], bool]
    code: str | None = None


def one_of_two(first: str, second: str) -> Rule:
    """Return the rule that two parameters exclude each other. Stripe lists them in alphabetical order."""
    first, second = sorted((first, second))
    message = f"You may only specify one of these parameters: {first}, {second}."
    return Rule(first, message, lambda params: first in params and second in params)


def only_with(name: str, other: str, message: str) -> Rule:
    """Return the rule that `name` requires a true `other`."""
    return Rule(name, message, lambda params: name in params and not params.get(other))


def needs_any(names: tuple[str, ...], message: str, *, param: str | None = None, code: str | None = None) -> Rule:
    """Return the rule that one of `names` is required."""
    return Rule(param, message, lambda params: not any(name in params for name in names), code)


def needs_hash_of(kind: str) -> Rule:
    """Return the rule that this `type` requires the hash of its name."""
    message = f"Missing required param: {{path}}[{kind}]."
    return Rule(kind, message, lambda params: params["type"] == kind and kind not in params, "parameter_missing")


def check(rules: Iterable[Rule], params: JSON, path: str = "") -> None:
    """Check all rules of the hash at `path` ("" for the request). Raises `StripeError` for the first broken one."""
    for rule in rules:
        if rule.broken(params):
            param = f"{path}[{rule.param}]" if path and rule.param else rule.param or path or None
            raise invalid_request(rule.message.replace("{path}", path), param=param, code=rule.code)
