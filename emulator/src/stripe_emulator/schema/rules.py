"""Rules that involve several parameters, each of which is valid on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `broken` returns whether the parsed parameters break it; `message` is Stripe's."""

    param: str
    message: str
    broken: Callable[[JSON], bool]
    code: str | None = None


def one_of_two(first: str, second: str) -> Rule:
    """Return the rule that two parameters exclude each other."""
    message = f"You may only specify one of these parameters: {first}, {second}."
    return Rule(first, message, lambda params: first in params and second in params)


def only_with(name: str, other: str, message: str) -> Rule:
    """Return the rule that `name` requires a true `other`."""
    return Rule(name, message, lambda params: name in params and not params.get(other))


def check(rules: Iterable[Rule], params: JSON) -> None:
    """Check all rules. Raises `StripeError` for the first broken one."""
    for rule in rules:
        if rule.broken(params):
            raise invalid_request(rule.message, param=rule.param, code=rule.code)
