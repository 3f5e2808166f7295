"""The API's routes: a tree of path segments, so a lookup takes only a few dictionary accesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.schema import EXPAND, Fields
from stripe_emulator.schema.rules import Rule

Handler = Callable[[Request], JSON]


@dataclass(frozen=True, slots=True)
class Route:
    """A route. `path` has `{}` for each variable part; `fields` is the schema of the parameters.

    `rules` are conditions that involve several parameters.
    """

    method: str
    path: str
    handler: Handler
    fields: Fields
    rules: tuple[Rule, ...] = ()

    @property
    def is_public(self) -> bool:
        """Return whether Stripe documents the call; some exist only for its CLI."""
        return not self.path.startswith(("/v1/stripecli/", "/v1/payment_pages/")) and not self.path.endswith("/retry")


def get(path: str, handler: Handler, fields: Fields = EXPAND) -> Route:
    """Declare a route that reads."""
    return Route("GET", path, handler, fields)


def post(path: str, handler: Handler, fields: Fields = EXPAND, rules: tuple[Rule, ...] = ()) -> Route:
    """Declare a route that writes and supports idempotency keys."""
    return Route("POST", path, handler, fields, rules)


def delete(path: str, handler: Handler, fields: Fields = EXPAND) -> Route:
    """Declare a route that deletes."""
    return Route("DELETE", path, handler, fields)


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """The router. Literal segments take precedence over variable ones."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = list(routes)
        self._root = _Node()
        for route in self._routes:
            node = self._root
            for part in route.path.strip("/").split("/"):
                if part == "{}":
                    node.variable = node.variable or _Node()
                    node = node.variable
                else:
                    node = node.literals.setdefault(part, _Node())
            node.routes[route.method] = route

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """Return the route and the variable parts, or None."""
        node, args = self._root, []
        for part in path.strip("/").split("/"):
            found = node.literals.get(part)
            if found is None:
                if node.variable is None or not part:
                    return None
                found = node.variable
                args.append(part)
            node = found
        route = node.routes.get(method)
        return (route, tuple(args)) if route else None
