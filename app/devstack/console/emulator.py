"""The local Stripe's control API, and its faults."""

from typing import Any, Literal, NamedTuple

import urllib3
from django.conf import settings

from app.devstack.http import NoResponse, send

TIMEOUT = urllib3.Timeout(connect=1, read=3)  # seconds


class EmulatorDown(Exception):
    """Raised when the local Stripe does not respond."""


class Fault(NamedTuple):
    """A fault that the console can switch on: its text, and its rule (`stripe_emulator.faults.rules`)."""

    title: str
    meaning: str
    rule: dict[str, Any]


FAULTS = {
    "slow": Fault("Slow API", "every call takes 3 seconds", {"kind": "latency", "seconds": 3}),
    "failing": Fault("Failing API", "every call returns 500", {"kind": "error", "status": 500, "path": "/v1/*"}),
    "busy": Fault("Rate limit", "every call returns 429", {"kind": "error", "status": 429, "path": "/v1/*"}),
    "dropped": Fault("Lost events", "none arrive", {"kind": "drop_event"}),
    "doubled": Fault("Duplicate events", "each is delivered three times", {"kind": "duplicate_event", "copies": 3}),
    "late": Fault("Late events", "each after 10 seconds", {"kind": "delay_event", "seconds": 10}),
    "shuffled": Fault("Events out of order", "within 5 seconds", {"kind": "reorder_events", "seconds": 5}),
}


# Kinds of faults that let nothing through, unless they are limited.
FATAL = ("error", "reset", "drop_event")
# What limits a fault to some calls or events.
LIMITS = ("method", "event", "times", "probability")
EVERYTHING = ("*", "/*", "/v1/*")


def call(method: str, path: str, body: Any = None) -> Any:
    """Return the JSON at `/_emulator/PATH`; raises EmulatorDown."""
    try:
        return send(method, f"{settings.STRIPE_EMULATOR_URL}/_emulator/{path}", timeout=TIMEOUT, json=body).json()
    except (NoResponse, ValueError) as error:
        raise EmulatorDown("The local Stripe is not responding. Check that it is running.") from error


def active_faults() -> list[str]:
    """Return the names of the active switches, and the kind of each fault that was set elsewhere."""
    try:
        rules = call("GET", "faults")["data"]
    except EmulatorDown:
        return []
    return [_name_of(rule) or str(rule["kind"]) for rule in rules]


def fault_on(link: Literal["stripe", "events"]) -> tuple[str, bool]:
    """Return what the worst fault on this link does, and whether nothing gets through; empty if there is none.

    Raises EmulatorDown.
    """
    on_link = {_describe(rule): _is_fatal(rule) for rule in call("GET", "faults")["data"] if _link_of(rule) == link}
    return max(on_link.items(), key=lambda found: found[1], default=("", False))


def _link_of(rule: dict[str, Any]) -> str:
    return "events" if str(rule["kind"]).endswith("_event") or rule["kind"] == "reorder_events" else "stripe"


def _is_fatal(rule: dict[str, Any]) -> bool:
    return rule["kind"] in FATAL and rule.get("path", "*") in EVERYTHING and not any(name in rule for name in LIMITS)


def _describe(rule: dict[str, Any]) -> str:
    fault = FAULTS.get(_name_of(rule))
    if fault and not any(name in rule for name in LIMITS):
        return fault.meaning
    where = rule.get("path") or rule.get("event")
    return str(rule["kind"]).replace("_", " ") + (f" on {where}" if where else "")


def switch(name: str, *, on: bool) -> None:
    """Switch a fault on or off; without a name, switch all of them off. Raises KeyError, EmulatorDown."""
    if not name and not on:
        call("DELETE", "faults")
        return
    rule = FAULTS[name].rule
    active = [each for each in call("GET", "faults")["data"] if _name_of(each) == name]
    if on and not active:
        call("POST", "faults", rule)
    for each in [] if on else active:
        call("DELETE", f"faults/{each['id']}")


def _name_of(rule: dict[str, Any]) -> str:
    return next((name for name, fault in FAULTS.items() if fault.rule.items() <= rule.items()), "")
