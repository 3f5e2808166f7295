"""`expand[]`: ids replaced by their objects, up to four levels deep ("Expanding responses")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Included, Resource

#: By id prefix, for fields that point to several kinds.
_PREFIXES = {"ch": "charge", "py": "charge", "re": "refund", "du": "dispute"}
_DEPTH = 4


class Expansion:
    """Knows which fields of which objects can be expanded."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.expandable: dict[str, Mapping[str, str]] = {}
        self._included: dict[tuple[str, str], Included] = {}
        for each in resources:
            self.expandable[each.kind] = each.expandable
            for name, compute in each.included.items():
                self._included[each.kind, name] = compute

    def expand(self, request: Request, data: JSON) -> JSON:
        """Return `data` with everything that the request asked for. Raises for what can't be expanded."""
        for path in request.params.get("expand", ()):
            parts = tuple(path.split("."))
            if len(parts) - (parts[0] == "data") > _DEPTH:
                raise invalid_request(f"You cannot expand more than {_DEPTH} levels of a property.", param="expand")
            data = self._apply(request, data, parts, path)
        return data

    def _apply(self, request: Request, data: Any, parts: tuple[str, ...], path: str) -> Any:
        """Return a copy of `data` along the way: stored objects stay as they are."""
        if data is None or not parts:
            return data
        if isinstance(data, list):
            return [self._apply(request, item, parts, path) for item in data]
        name, rest = parts[0], parts[1:]
        if not isinstance(data, dict):
            raise _refuse(path)
        value = self._resolve(request, data, name, path)
        return {**data, name: self._apply(request, value, rest, path)}

    def _resolve(self, request: Request, data: JSON, name: str, path: str) -> Any:
        kind = str(data.get("object", ""))
        value = data.get(name)
        if isinstance(value, dict | list):
            return value
        if compute := self._included.get((kind, name)):
            return compute(request, data)
        target = self.expandable.get(kind, {}).get(name)
        if target is None:
            raise _refuse(path)
        if not isinstance(value, str):
            return value
        entity = request.get(target or _PREFIXES.get(value.partition("_")[0], ""), value)
        return entity.data if entity else value


def _refuse(path: str) -> Exception:
    return invalid_request(f"This property cannot be expanded ({path}).", param="expand")
