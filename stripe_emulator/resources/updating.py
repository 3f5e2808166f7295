"""What all updates and deletions have in common."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.jsontext import JSON
from stripe_emulator.schema import merge_metadata


def change(call: Call, entity: Entity, event: str | None, only: tuple[str, ...] | None = None) -> JSON:
    """Put the request's parameters into the object, save it and announce it with what it was before.

    `only` names the parameters to take; otherwise all but `expand`. Returns the previous values of what changed.
    """
    previous: JSON = {}
    for name, value in call.params.items():
        if name == "expand" or (only is not None and name not in only):
            continue
        old = entity.data.get(name)
        new = merge_metadata(old or {}, value) if name == "metadata" else value
        if new != old:
            previous[name] = _earlier(old or {}, new) if name == "metadata" else old
            entity.data[name] = new
    call.save(entity)
    if event:
        call.emit(event, entity.data, previous)
    return previous


def _earlier(old: JSON, new: JSON) -> JSON:
    """Of metadata only the keys that changed, None for those that are new."""
    return {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}


def deleted(entity: Entity) -> JSON:
    """What a deletion answers."""
    return {"id": entity.id, "object": entity.kind, "deleted": True}
