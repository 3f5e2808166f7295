"""What all updates and deletions have in common."""

from __future__ import annotations

from collections.abc import Iterable

from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.schema import merge_metadata
from stripe_emulator.storage.entity import Entity


def change(request: Request, entity: Entity, event: str | None, names: Iterable[str]) -> JSON:
    """Put the parameters `names` into the object, save it, and emit `event` with the earlier values of what changed.

    Returns those values.
    """
    previous: JSON = {}
    for name in names:
        value = request.params[name]
        old = entity.data.get(name)
        new = merge_metadata(old or {}, value) if name == "metadata" else value
        if new != old:
            previous[name] = _earlier(old or {}, new) if name == "metadata" else old
            entity.data[name] = new
    request.save(entity)
    if event:
        request.emit(event, entity.data, previous)
    return previous


def _earlier(old: JSON, new: JSON) -> JSON:
    """Return only the metadata keys that changed, None for those that are new."""
    return {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}


def deleted(entity: Entity) -> JSON:
    """Return the answer to a deletion."""
    return {"id": entity.id, "object": entity.kind, "deleted": True}
