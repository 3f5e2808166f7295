"""Resources: a declaration per kind of object, from which retrieve, list, update and delete are derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.pagination import Accept, listing
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import Handler, Route, delete, get, post
from stripe_emulator.routing.updates import change, deleted
from stripe_emulator.schema import EXPAND, Fields
from stripe_emulator.schema.rules import Rule
from stripe_emulator.storage.entity import Entity

Find = Callable[[Request], Entity]
Hook = Callable[[Request, Entity], None]
Show = Callable[[Request, JSON], JSON]
#: The type of the event that announces a change, or None.
Event = str | Callable[[Request, Entity], str | None] | None
#: Computes a field that is only present if it is expanded.
Included = Callable[[Request, JSON], Any]


@dataclass(frozen=True, slots=True)
class Create:
    """The call `POST /v1/things`."""

    fields: Fields
    handler: Handler
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """The call `POST /v1/things/{}`: parameters become the object's fields, except `special` ones.

    `before` may reject or adjust the request; `after` handles the special parameters, and gets the previous values of
    the changed fields.
    """

    fields: Fields
    event: Event = None
    special: tuple[str, ...] = ()
    before: Hook | None = None
    after: Callable[[Request, Entity, JSON], None] | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    """The call `DELETE /v1/things/{}`. `before` may reject it."""

    event: str | None = None
    before: Hook | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class List:
    """The call `GET /v1/things`.

    `filters` are parameters that must equal the field of the same name; `accept` and `exact` handle the others.
    """

    fields: Fields
    filters: tuple[str, ...] = ()
    exact: Callable[[Request], JSON] | None = None
    accept: Callable[[Request], Accept | None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A kind of object and its API calls.

    `param` is the parameter that a 404 names. `linked` are indexed fields. `included` computes the fields that are only
    present if they are expanded, by their path in the object.
    """

    kind: str
    path: str
    param: str = "id"
    find: Find | None = None
    show: Show | None = None
    retrieve: bool = True
    create: Create | None = None
    update: Update | None = None
    delete: Delete | None = None
    list: List | None = None
    more: tuple[Route, ...] = ()
    linked: tuple[str, ...] = ()
    included: Mapping[str, Included] = field(default_factory=dict)

    def routes(self) -> Iterator[Route]:
        """Yield the routes of all calls."""
        one = f"{self.path}/{{}}"
        if self.create:
            yield post(self.path, self.create.handler, self.create.fields, self.create.rules)
        if self.list:
            yield get(self.path, self._list, self.list.fields)
        if self.retrieve:
            yield get(one, self._retrieve, EXPAND)
        if self.update:
            yield post(one, self._update, self.update.fields, self.update.rules)
        if self.delete:
            yield delete(one, self._delete, EXPAND)
        yield from self.more

    def _find(self, request: Request) -> Entity:
        return self.find(request) if self.find else request.named(self.kind, self.param)

    def _shown(self, request: Request, data: JSON) -> JSON:
        return self.show(request, data) if self.show else data

    def _retrieve(self, request: Request) -> JSON:
        return self._shown(request, self._find(request).data)

    def _list(self, request: Request) -> JSON:
        assert self.list  # noqa: S101 - the route exists only with it
        exact = self.list.exact(request) if self.list.exact else {}
        accept = self.list.accept(request) if self.list.accept else None
        page = listing(request, self.kind, request.given(*self.list.filters) | exact, accept)
        page["data"] = [self._shown(request, data) for data in page["data"]]
        return page

    def _update(self, request: Request) -> JSON:
        assert self.update  # noqa: S101
        entity = self._find(request)
        if self.update.before:
            self.update.before(request, entity)
        plain = [name for name in request.params if name != "expand" and name not in self.update.special]
        event = self.update.event
        kind = event(request, entity) if callable(event) else event
        previous = change(request, entity, kind, plain)
        if self.update.after:
            self.update.after(request, entity, previous)
        return self._shown(request, entity.data)

    def _delete(self, request: Request) -> JSON:
        assert self.delete  # noqa: S101
        entity = self._find(request)
        if self.delete.before:
            self.delete.before(request, entity)
        request.delete(entity)
        if self.delete.event:
            request.emit(self.delete.event, entity.data)
        return deleted(entity)
