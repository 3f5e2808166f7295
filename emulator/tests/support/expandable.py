"""Generate `routing/expandable.json` from the classes of the official package.

cd emulator && PYTHONPATH=tests python -m support.expandable
"""

import inspect
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stripe
from stripe._stripe_object import StripeObject

from stripe_emulator.resources import RESOURCES
from stripe_emulator.routing import expansion

FILE = Path(expansion.__file__).with_name("expandable.json")
# Objects that exist only inside others, and those whose class has another name.
INSIDE = ("discount", "item", "line_item", "subscription_item", "plan", "balance", "account")
NAMES = {"item": "LineItem", "invoiceitem": "InvoiceItem", "line_item": "InvoiceLineItem"}
# Kinds that only the emulator has.
OWN = {"stripecli_session"}


def class_of(kind: str) -> type[StripeObject] | None:
    """Return the package's class for a kind of object: `checkout.session` → `stripe.checkout.Session`."""
    module, _, name = kind.rpartition(".")
    camel = NAMES.get(name) or "".join(part.capitalize() for part in name.split("_"))
    found = getattr(getattr(stripe, module) if module else stripe, camel, None)
    return typing.cast(type[StripeObject] | None, found)


def hints(cls: type) -> dict[str, Any]:
    """Return the class's annotations, inherited ones included."""
    found = {name: hint for base in cls.__mro__ for name, hint in vars(base).get("__annotations__", {}).items()}
    return {name: hint for name, hint in found.items() if not name.startswith("_")}


def alternatives(hint: Any) -> Iterator[Any]:
    """Yield the types of a value, without `Optional`, `Union` and `List`; forward references as names."""
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal or not inner:
        yield getattr(hint, "__forward_arg__", hint)
        return
    for each in inner:
        yield from alternatives(each)


def nested(hint: Any) -> list[type[StripeObject]]:
    """Return the classes of hashes without their own kind."""
    return [each for each in alternatives(hint) if is_hash(each)]


def is_hash(cls: Any) -> typing.TypeGuard[type[StripeObject]]:
    """Return whether the class is a hash inside an object."""
    return inspect.isclass(cls) and issubclass(cls, StripeObject) and not hasattr(cls, "OBJECT_NAME")


def expandable_fields(cls: type[StripeObject], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each expandable field of `cls`, and its kind ("" for several)."""
    for name, hint in hints(cls).items():
        if names := _targets(hint):
            kinds = {_kind(each) for each in names}
            yield where + name, kinds.pop() if len(kinds) == 1 else ""
        for each in nested(hint):
            yield from expandable_fields(each, f"{where}{name}.")


def _targets(hint: Any) -> list[str]:
    """Return the targets of an `ExpandableField[T]`, which is a `Union[str, T]`."""
    every = list(alternatives(hint))
    names = [each for each in every if isinstance(each, str)]
    return names if str in every else []


def _kind(name: str) -> str:
    found = getattr(stripe, name.removesuffix("Resource"), None)
    return str(getattr(found, "OBJECT_NAME", name.lower()))


def kinds() -> list[str]:
    """Return all kinds of objects that both Stripe and the emulator have."""
    return sorted({*INSIDE, *(each.kind for each in RESOURCES)} - OWN)


def table() -> dict[str, dict[str, str]]:
    """Return all expandable fields of these kinds."""
    found = {kind: class_of(kind) for kind in kinds()}
    return {kind: dict(sorted(expandable_fields(cls))) for kind, cls in found.items() if cls}


def text() -> str:
    """Return the file's content."""
    return json.dumps(table(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
