"""An API request, as handlers get it."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_emulator.account.context import Context
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity


@dataclass(slots=True)
class Request(Context):
    """An API request. The route's schema types `params`; `args` are the variable parts of the path.

    `host` is the request's Host header.
    """

    method: str = "GET"
    path: str = "/"
    params: JSON = field(default_factory=dict)
    args: tuple[str, ...] = ()
    host: str = ""
    api_version: str = ""
    #: Distinguishes callers without storing their keys.
    key_hash: str = ""

    def named(self, kind: str, param: str = "id") -> Entity:
        """Return the object that the path names. Raises a 404 with `param`."""
        return self.find(kind, self.args[0], param, in_path=True)

    def given(self, *names: str) -> JSON:
        """Return the parameters `names`, as far as the request has them."""
        return {name: self.params[name] for name in names if name in self.params}
