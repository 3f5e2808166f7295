"""Objects in the shape of an older version: the table of changes, applied backwards from the newest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stripe_emulator.jsontext import JSON
from stripe_emulator.versions.changes import CHANGES
from stripe_emulator.versions.released import before
from stripe_emulator.versions.steps import Look, Step

#: By kind of object, from the newest change to the oldest.
Steps = Mapping[str, tuple[Step, ...]]


@cache
def _steps(version: str) -> Steps:
    """Return what leads from the newest shape to that of `version`."""
    found: dict[str, tuple[Step, ...]] = {}
    for change in CHANGES:
        if before(version, change.version):
            found[change.kind] = (*found.get(change.kind, ()), change.back)
    return found


def render(data: Any, version: str, look: Look) -> Any:
    """Return `data`, with all objects in it as `version` defines them. Nothing is changed in place.

    The snapshot inside an event stays as it is: it was rendered when the event was.
    """
    steps = _steps(version)
    return _rendered(data, steps, look) if steps else data


def render_event(event: JSON, version: str, look: Look) -> JSON:
    """Return an event whose snapshot is rendered as `version` defines it, and that says so."""
    steps = _steps(version)
    payload: JSON = event["data"]
    if not steps:
        return {**event, "api_version": version}
    kind = payload["object"].get("object", "")
    rendered = {name: _rendered(value, steps, look) for name, value in payload.items()}
    if "previous_attributes" in rendered:
        for step in steps.get(kind, ()):
            step(rendered["previous_attributes"], look)
    return {**event, "api_version": version, "data": rendered}


def _rendered(value: Any, steps: Steps, look: Look) -> Any:
    if isinstance(value, list):
        return [_rendered(each, steps, look) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("object")
    if isinstance(kind, str) and kind in steps:
        value = _copied(value)
        for step in steps[kind]:
            step(value, look)
    if kind == "event":
        return value
    # Metadata is the caller's, whatever its keys are called.
    return {name: each if name == "metadata" else _rendered(each, steps, look) for name, each in value.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
