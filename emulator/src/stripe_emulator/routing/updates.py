"""Updates and deletions."""

from __future__ import annotations

from collections.abc import Iterable

from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.schema import merge_metadata
from stripe_emulator.storage.entity import Entity


def change(request: Request, entity: Entity, event: str | None, names: Iterable[str]) -> JSON:
    """Set the fields `names` from the parameters, save the object, and emit `event`.

    Returns the previous values of the changed fields, which the event also contains.
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
    """Return the previous values of the changed metadata keys; None for new ones."""
    return {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}


def deleted(entity: Entity) -> JSON:
    """Return the response to a deletion."""
    return {"id": entity.id, "object": entity.kind, "deleted": True}
