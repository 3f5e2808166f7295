"""`expand[]`: ids replaced by their objects, up to four levels deep ("Expanding responses")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Included, Resource

#: By kind of object: the paths of its expandable fields, and the kind that each refers to ("" for several). Generated
#: from the classes of the official package (`tests/support/expandable.py`).
_FIELDS: Mapping[str, Mapping[str, str]] = json.loads(files(__package__).joinpath("expandable.json").read_bytes())

#: Kinds by id prefix, for fields that refer to several kinds.
_PREFIXES = {"ch": "charge", "py": "charge", "re": "refund", "du": "dispute", "card": "card"}
_DEPTH = 4


class Expansion:
    """The expandable fields of all objects."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._included: dict[tuple[str, str], Included] = {
            (each.kind, path): compute for each in resources for path, compute in each.included.items()
        }
        known = [(kind, path) for kind, paths in _FIELDS.items() for path in paths] + list(self._included)
        #: Hashes that contain expandable fields, and may therefore be named even while they are null.
        self._above = {(kind, path[:end]) for kind, path in known for end in range(len(path)) if path[end] == "."}

    def expand(self, request: Request, data: JSON) -> JSON:
        """Return `data` with the requested fields expanded. Raises `StripeError` for one that can't be expanded."""
        for path in request.params.get("expand", ()):
            parts = tuple(path.split("."))
            if len(parts) - (parts[0] == "data") > _DEPTH:
                raise invalid_request(f"You cannot expand more than {_DEPTH} levels of a property.", param="expand")
            data = self._apply(request, data, parts, path)
        return data

    def _apply(
        self, request: Request, data: Any, parts: tuple[str, ...], path: str, owner: JSON | None = None, where: str = ""
    ) -> Any:
        """Return an expanded copy of `data`; stored objects are not changed.

        `owner` is the object that contains `data`, and `where` is its path in that object.
        """
        if data is None or not parts:
            return data
        if isinstance(data, list):
            return [self._apply(request, item, parts, path, owner, where) for item in data]
        name, rest = parts[0], parts[1:]
        if not isinstance(data, dict):
            raise _refuse(path)
        if owner is None or "object" in data:
            owner, where = data, ""
        where = f"{where}.{name}" if where else name
        value = self._resolve(request, owner, where, data.get(name), path)
        return {**data, name: self._apply(request, value, rest, path, owner, where)}

    def _resolve(self, request: Request, owner: JSON, where: str, value: Any, path: str) -> Any:
        kind = str(owner.get("object", ""))
        if compute := self._included.get((kind, where)):
            # Another path may have expanded it already, including nested fields.
            return compute(request, owner) if value is None else value
        target = _FIELDS.get(kind, {}).get(where)
        if target is not None:
            return (
                [_load(request, each, target) for each in value]
                if isinstance(value, list)
                else _load(request, value, target)
            )
        if isinstance(value, dict | list) or (kind, where) in self._above:
            return value
        raise _refuse(path)


def _load(request: Request, value: Any, target: str) -> Any:
    """Return the object with the id `value`, or `value` if it is not an id or there is no such object."""
    if not isinstance(value, str):
        return value
    entity = request.get(target or _PREFIXES.get(value.partition("_")[0], ""), value)
    return entity.data if entity else value


def _refuse(path: str) -> Exception:
    return invalid_request(f"This property cannot be expanded ({path}).", param="expand")
