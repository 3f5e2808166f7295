"""Fault rules: their kinds and fields, and which ones apply to a request or an event."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from stripe_emulator.jsontext import JSON

#: Faults of requests, and of events.
REQUEST_KINDS = ("latency", "jitter", "error", "reset")
EVENT_KINDS = ("drop_event", "duplicate_event", "delay_event", "reorder_events")

_DEFAULTS: dict[str, JSON] = {
    "latency": {"seconds": 1.0},
    "jitter": {"seconds": 1.0},
    "error": {"status": 500, "when": "before"},
    "reset": {"when": "before"},
    "drop_event": {},
    "duplicate_event": {"copies": 2},
    "delay_event": {"seconds": 5.0},
    "reorder_events": {"seconds": 2.0},
}
_CHECKS: dict[str, Callable[[object], bool]] = {
    "kind": lambda value: value in _DEFAULTS,
    "seconds": lambda value: _number(value) and 0 <= float(str(value)) <= 3600,
    "status": lambda value: isinstance(value, int) and 400 <= value <= 599,
    "when": lambda value: value in ("before", "after"),
    "copies": lambda value: isinstance(value, int) and 2 <= value <= 20,
    "times": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
    "probability": lambda value: _number(value) and 0 <= float(str(value)) <= 1,
    "method": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str),
    "event": lambda value: isinstance(value, str),
}


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class BadFaultError(ValueError):
    """Raised for an invalid fault; the message is the reason."""


@dataclass(slots=True)
class Faults:
    """The active faults. Each has a `kind`.

    `method`, `path` and `event` (wildcards) restrict it to some requests or events; `times` and `probability` limit it.
    """

    rules: list[JSON] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=lambda: count(1))

    def add(self, rule: JSON) -> JSON:
        """Add a fault. Raises `BadFaultError`."""
        complete = {"id": f"fault_{next(iter(self._numbers))}", **checked(rule)}
        self.rules.append(complete)
        return complete

    def remove(self, wanted: str | None) -> bool:
        """Remove one fault, or all faults (None). Return whether there was one."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if wanted is not None and rule["id"] != wanted]
        return wanted is None or len(self.rules) < before

    def for_request(self, method: str, path: str, extra: Iterable[JSON] = ()) -> list[JSON]:
        """Return the faults that apply to this request."""
        if not self.rules and not extra:
            return []
        return [rule for rule in (*self.rules, *extra) if self._hits_request(rule, method, path)]

    def plan(self, event_type: str, extra: Iterable[JSON] = ()) -> list[float | None]:
        """Return one delay in seconds for each copy of an event that is sent; None is a dropped copy."""
        delays: list[float | None] = [0.0]
        for rule in (*self.rules, *extra):
            if rule["kind"] in EVENT_KINDS and fnmatchcase(event_type, rule.get("event", "*")) and self._spend(rule):
                delays = _apply(rule, delays)
        return delays

    def _hits_request(self, rule: JSON, method: str, path: str) -> bool:
        return (
            rule["kind"] in REQUEST_KINDS
            and rule.get("method", method).upper() == method
            and fnmatchcase(path, rule.get("path", "*"))
            and self._spend(rule)
        )

    def _spend(self, rule: JSON) -> bool:
        if random.random() >= rule.get("probability", 1):  # noqa: S311
            return False
        if "times" in rule:
            rule["times"] -= 1
            if rule["times"] <= 0:
                self.rules = [each for each in self.rules if each is not rule]
        return True


def _apply(rule: JSON, delays: list[float | None]) -> list[float | None]:
    kind = rule["kind"]
    if kind == "drop_event":
        return [None]
    if kind == "duplicate_event":
        return delays * int(rule["copies"])
    if kind == "delay_event":
        return [None if delay is None else delay + rule["seconds"] for delay in delays]
    # Reordered: each is delayed by a random time.
    return [None if delay is None else delay + random.uniform(0, rule["seconds"]) for delay in delays]  # noqa: S311


def checked(rule: JSON) -> JSON:
    """Return the rule with its defaults. Raises `BadFaultError` naming the field."""
    kind = rule.get("kind")
    if not isinstance(kind, str) or kind not in _DEFAULTS:
        raise BadFaultError(f"kind must be one of {', '.join(_DEFAULTS)}.")
    for name, value in rule.items():
        if name not in _CHECKS:
            raise BadFaultError(f"Unknown field: {name}.")
        if not _CHECKS[name](value):
            raise BadFaultError(f"Invalid value for {name}: {value!r}.")
    return {**_DEFAULTS[kind], **rule}


def from_header(text: str) -> tuple[JSON, ...]:
    """Parse `Stripe-Emulator-Fault`: one fault as JSON, or a list. Raises `BadFaultError`."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadFaultError(f"Stripe-Emulator-Fault must be JSON: {error}.") from error
    rules = value if isinstance(value, list) else [value]
    if not all(isinstance(rule, dict) for rule in rules):
        raise BadFaultError("Stripe-Emulator-Fault must be an object or a list of objects.")
    return tuple(checked(rule) for rule in rules)
