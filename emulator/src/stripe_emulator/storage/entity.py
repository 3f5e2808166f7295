"""One object of the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stripe_emulator.jsontext import JSON, compact


@dataclass(slots=True)
class Entity:
    """One object. `data` is what the API returns; `private` is internal.

    The scheduler handles it at `due` (emulator time). `keep` exempts it from pruning.
    """

    kind: str
    id: str
    data: JSON
    private: JSON = field(default_factory=dict)
    due: float | None = None
    keep: bool = False
    created: int = 0
    seq: int = 0
    text: str | None = None
    links: frozenset[tuple[str, str]] = frozenset()


def row_of(entity: Entity) -> tuple[Any, ...]:
    """Return the object's values in the order of the table's columns."""
    private = compact(entity.private) if entity.private else None
    text = entity.text or compact(entity.data)
    return (entity.seq, entity.kind, entity.id, entity.created, entity.due, entity.keep, text, private)


def links_of(entity: Entity, names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Return the fields `names` that have a value, each with its value."""
    if not names:
        return frozenset()
    data = entity.data
    return frozenset((name, value) for name in names if isinstance(value := data.get(name), str))
