"""The local Stripe's control API, and its faults."""

from typing import Any, NamedTuple

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
