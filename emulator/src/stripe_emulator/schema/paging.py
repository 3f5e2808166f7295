"""The parameters of lists ("Pagination")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stripe_emulator.jsontext import JSON
from stripe_emulator.schema.containers import Array, Hash
from stripe_emulator.schema.field import Field, String
from stripe_emulator.schema.kinds import Integer

EXPAND: Mapping[str, Field] = {"expand": Array(item=String(), most=20)}
_RANGE = Hash(fields={bound: Integer() for bound in ("gt", "gte", "lt", "lte")})


@dataclass(frozen=True, kw_only=True, slots=True)
class Created(Field):
    """A time filter: `created=N` or `created[gte]=N`."""

    def parse(self, value: Any, path: str) -> JSON:
        if isinstance(value, dict):
            bounds: JSON = _RANGE.parse(value, path)
            return bounds
        exact = Integer().parse(value, path)
        return {"gte": exact, "lte": exact}


#: The parameters of every list ("Pagination").
PAGING: Mapping[str, Field] = {
    **EXPAND,
    "limit": Integer(least=1, most=100),
    "starting_after": String(),
    "ending_before": String(),
}
TIMED_PAGING: Mapping[str, Field] = {**PAGING, "created": Created()}
