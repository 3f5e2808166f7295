"""Parameter schemas: built once when a module loads, applied to every request.

A schema converts decoded form data to typed values, and rejects invalid data with Stripe's messages, `param` and
`code` ("Error codes"). An empty string unsets a field that is `clearable`, and is an error for others.
"""

from collections.abc import Mapping

from stripe_emulator.schema.containers import AnyHash, Array, Hash, Only, Unsupported, read_fields
from stripe_emulator.schema.field import Field, String
from stripe_emulator.schema.kinds import Boolean, BooleanOr, Choice, Currency, Decimal, Email, Integer, Url, choice
from stripe_emulator.schema.metadata import METADATA, merge_metadata
from stripe_emulator.schema.paging import EXPAND, PAGING, TIMED_PAGING, Created

#: The parameters of one endpoint.
Fields = Mapping[str, Field]

__all__ = [
    "EXPAND",
    "METADATA",
    "PAGING",
    "TIMED_PAGING",
    "AnyHash",
    "Array",
    "Boolean",
    "BooleanOr",
    "Choice",
    "Created",
    "Currency",
    "Decimal",
    "Email",
    "Field",
    "Fields",
    "Hash",
    "Integer",
    "Only",
    "String",
    "Unsupported",
    "Url",
    "choice",
    "merge_metadata",
    "read_fields",
]
