"""Lists: newest first, with cursors in both directions ("Pagination")."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from stripe_emulator.errors import invalid_request, missing_resource
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.storage.entity import Entity

Accept = Callable[[JSON], bool]

#: The number of objects on a page without `limit`.
_DEFAULT_LIMIT = 10


def listing(request: Request, kind: str, filters: JSON | None = None, accept: Accept | None = None) -> JSON:
    """Return a page of `kind` at the request's cursor.

    `filters` are fields and their required values (None: not filtered); `accept` is an additional condition.
    """
    wanted = {name: value for name, value in (filters or {}).items() if value is not None}
    limit = request.params.get("limit", _DEFAULT_LIMIT)
    backwards = "ending_before" in request.params
    where, values = _condition(request, kind, wanted)
    found = request.emulator.store.select(where, values)
    rest = {name: value for name, value in wanted.items() if name not in request.emulator.store.linked_fields(kind)}
    matching = (entity for entity in found if _fits(entity, rest, accept))
    page = list(islice(matching, limit + 1))
    more, page = len(page) > limit, page[:limit]
    if backwards:
        page.reverse()
    return list_object(request.path, [entity.data for entity in page], has_more=more)


def first_page(url: str, data: list[JSON]) -> JSON:
    """Return a list inside another object, like a session's `line_items`: its first ten entries."""
    return list_object(url, data[:_DEFAULT_LIMIT], has_more=len(data) > _DEFAULT_LIMIT)


def list_object(url: str, data: list[JSON], *, has_more: bool = False) -> JSON:
    """Build a list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def listing_of(request: Request, items: list[JSON]) -> JSON:
    """Return a page of `items`, in their order, at the request's cursor. Raises `StripeError` for a bad cursor."""
    limit = request.params.get("limit", _DEFAULT_LIMIT)
    backwards = "ending_before" in request.params
    for name in ("starting_after", "ending_before"):
        if name in request.params:
            index = _index(items, request.params[name], name)
            items = items[index + 1 :] if name == "starting_after" else items[:index]
    page = items[-limit:] if backwards else items[:limit]
    return list_object(request.path, page, has_more=len(items) > limit)


def _index(items: list[JSON], wanted: str, param: str) -> int:
    for index, item in enumerate(items):
        if item["id"] == wanted:
            return index
    raise missing_resource("item", wanted, param=param, in_path=False)


def _fits(entity: Entity, rest: JSON, accept: Accept | None) -> bool:
    if any(entity.data.get(name) != value for name, value in rest.items()):
        return False
    return accept is None or accept(entity.data)


def _condition(request: Request, kind: str, wanted: JSON) -> tuple[str, tuple[Any, ...]]:
    where, values = ["e.kind=?"], [kind]
    for name in request.emulator.store.linked_fields(kind):
        if name in wanted:
            where.append("e.seq IN (SELECT seq FROM links WHERE kind=? AND field=? AND value=?)")
            values += [kind, name, wanted[name]]
    for bound, value in request.params.get("created", {}).items():
        where.append(f"e.created {_OPERATORS[bound]} ?")
        values.append(value)
    order = _cursor(request, kind, where, values)
    return f"{' AND '.join(where)} ORDER BY e.seq {order}", tuple(values)


_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _cursor(request: Request, kind: str, where: list[str], values: list[Any]) -> str:
    if "starting_after" in request.params and "ending_before" in request.params:
        message = "You cannot pass both `ending_before` and `starting_after` in the same request."
        raise invalid_request(message, param="ending_before")
    for name, operator, order in (("starting_after", "<", "DESC"), ("ending_before", ">", "ASC")):
        if name in request.params:
            where.append(f"e.seq {operator} ?")
            values.append(request.find(kind, request.params[name], name).seq)
            return order
    return "DESC"
