"""The parameters that the official package declares, by call and at all depths, with their documented limits."""

import ast
import functools
import itertools
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import stripe

# Client options, not parameters of the API.
_OPTIONS = {
    "api_key", "idempotency_key", "stripe_account", "stripe_context", "stripe_version", "max_network_retries",
    "headers", "content_type",
}  # fmt: skip
_METHOD = re.compile(
    r"    def \w+\(\s*self,((?:(?!\n    (?:async )?def ).)*?)\) -> (?:(?!\n    (?:async )?def ).)*?"
    r'self\._request\(\s*"(get|post|delete)",\s*"(/v1/[^"]*)"',
    re.DOTALL,
)
_IMPORT = re.compile(r"from (stripe\.params\S+) import \(?\s*(\w+)")
_LENGTH = re.compile(
    r"(?:up to|at most|limited to|max(?:imum)?(?: length)?(?: character count)?(?: of|,)?) \**([\d,]+)\**"
    r"(?: alphanumeric)?(?: characters)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parameter:
    """A parameter. `literals` are its enumerated values ("" if it can be cleared), `kinds` its other types."""

    required: bool
    documentation: str
    literals: frozenset[str] = frozenset()
    kinds: frozenset[Any] = frozenset()
    item: "Parameter | None" = None
    fields: Mapping[str, "Parameter"] = field(default_factory=dict)

    @property
    def longest(self) -> int | None:
        """Return the maximum length in its documentation, in characters."""
        match = _LENGTH.search(self.documentation) if "character" in self.documentation else None
        return int(match[1].replace(",", "")) if match else None


@functools.cache
def calls() -> dict[str, type]:
    """Return the parameter class of each call that has parameters, e.g. `POST /v1/refunds`."""
    found: dict[str, type] = {}
    for file in Path(stripe.__file__).parent.rglob("_*_service.py"):
        text = file.read_text()
        modules = {name: module for module, name in _IMPORT.findall(text)}
        for signature, method, path in _METHOD.findall(text):
            names = [name for name in modules if f'"{name}"' in signature]
            if names:
                call = f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
                found[call] = getattr(import_module(modules[names[0]]), names[0])
    return found


def parameters(cls: type) -> dict[str, Parameter]:
    """Return the parameters of a call, or of a hash."""
    own = {name: hint for name, hint in cls.__annotations__.items() if name not in _OPTIONS}
    holder = type("Holder", (), {"__annotations__": own})
    hints = typing.get_type_hints(holder, vars(sys.modules[cls.__module__]))
    texts = _documentation(cls.__module__)
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    return {
        name: _parameter(hint, name in required, texts.get((cls.__name__, name), "")) for name, hint in hints.items()
    }


def _parameter(hint: Any, required: bool, documentation: str) -> Parameter:
    literals, kinds, item, fields = set[str](), set[Any](), None, dict[str, Parameter]()
    for each in _alternatives(hint):
        origin = typing.get_origin(each)
        if origin is typing.Literal:
            literals |= {str(word) for word in typing.get_args(each)}
        elif origin is list:
            item = _parameter(typing.get_args(each)[0], True, "")
        elif hasattr(each, "__total__"):
            fields = parameters(each) | fields  # of two hashes the first one, which is for secret keys
        else:
            kinds.add(origin or each)
    return Parameter(required, documentation, frozenset(literals), frozenset(kinds), item, fields)


def _alternatives(hint: Any) -> Iterator[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from _alternatives(each)
    else:
        yield hint


def documentation(cls: type, name: str) -> str:
    """Return the package's documentation of an attribute."""
    return _documentation(cls.__module__)[cls.__name__, name]


@functools.cache
def _documentation(module: str) -> dict[tuple[str, str], str]:
    """Return the texts below the attributes of all classes of a module."""
    file = sys.modules[module].__file__
    assert file
    found = {}
    for node in ast.parse(Path(file).read_text()).body:
        body = node.body if isinstance(node, ast.ClassDef) else []
        for name, text in itertools.pairwise(body):
            if isinstance(name, ast.AnnAssign) and isinstance(text, ast.Expr):
                found[node.name, name.target.id] = str(text.value.value)  # type: ignore[attr-defined, union-attr]
    return found
