"""What the table of changes is written with: small steps from the shape of one version to that of the one before.

A step changes an object in place. It may get a part of one (an event's `previous_attributes`), so it leaves alone what
is not there. Paths lead through hashes and lists: `items.price` is the price of each item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stripe_emulator.jsontext import JSON

#: Finds objects by kind, field (`id`, or one that lists filter by) and value, oldest first: older shapes show more of
#: other objects than newer ones.
Look = Callable[[str, str, str], list[JSON]]
Step = Callable[[JSON, Look], None]


@dataclass(frozen=True, slots=True)
class Without:
    """Remove fields: the version added them."""

    paths: tuple[str, ...]

    def __call__(self, data: JSON, look: Look) -> None:
        """Take the step."""
        for path in self.paths:
            for owner, name in owners(data, path):
                owner.pop(name, None)


def without(*paths: str) -> Step:
    """Return `Without(paths)`."""
    return Without(paths)


@dataclass(frozen=True, slots=True)
class Having:
    """Bring back a field that had always the same value: the version removed it."""

    path: str
    value: Any = None

    def __call__(self, data: JSON, look: Look) -> None:
        """Take the step."""
        for owner, name in owners(data, self.path):
            if owner is not data or "object" in data:
                owner.setdefault(name, self.value)


@dataclass(frozen=True, slots=True)
class Named:
    """Give a field its older name, in the same hash."""

    path: str
    older: str

    def __call__(self, data: JSON, look: Look) -> None:
        """Take the step."""
        for owner, name in owners(data, self.path):
            if name in owner:
                owner[self.older] = owner.pop(name)


@dataclass(frozen=True, slots=True)
class Spelled:
    """Replace values by what the version before called them; others stay."""

    path: str
    words: Mapping[str | None, str | None]

    def __call__(self, data: JSON, look: Look) -> None:
        """Take the step."""
        for owner, name in owners(data, self.path):
            if name in owner and (owner[name] is None or isinstance(owner[name], str)):
                owner[name] = self.words.get(owner[name], owner[name])


def owners(data: Any, path: str) -> Iterator[tuple[JSON, str]]:
    """Yield the hashes that hold the last part of `path`, with that part."""
    first, _, rest = path.partition(".")
    if isinstance(data, list):
        for each in data:
            yield from owners(each, path)
    elif isinstance(data, dict):
        if rest:
            yield from owners(data.get(first), rest)
        else:
            yield data, first
