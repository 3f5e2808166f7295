"""Parameter schemas: built once when a module loads, applied to every request.

A schema converts decoded form data to typed values, and rejects invalid data with Stripe's messages, `param` and
`code` ("Error codes"). An empty string unsets a field that is `clearable`, and is an error for others.
"""

from collections.abc import Mapping

from stripe_emulator.schema.containers import (
    Array,
    Hash,
    Only,
    Unsupported,
    Whole,
    read_fields,
    supported_names,
)
from stripe_emulator.schema.field import Field, Name, String
from stripe_emulator.schema.kinds import (
    Boolean,
    BooleanOr,
    Choice,
    Currency,
    Decimal,
    Descriptor,
    Email,
    Integer,
    Pattern,
    Url,
    choice,
)
from stripe_emulator.schema.metadata import METADATA, merge_metadata
from stripe_emulator.schema.paging import EXPAND, PAGING, TIMED_PAGING, Created

#: The parameters of one endpoint.
Fields = Mapping[str, Field]

__all__ = [
    "EXPAND",
    "METADATA",
    "PAGING",
    "TIMED_PAGING",
    "Array",
    "Boolean",
    "BooleanOr",
    "Choice",
    "Created",
    "Currency",
    "Decimal",
    "Descriptor",
    "Email",
    "Field",
    "Fields",
    "Hash",
    "Integer",
    "Name",
    "Only",
    "Pattern",
    "String",
    "Unsupported",
    "Url",
    "Whole",
    "choice",
    "merge_metadata",
    "read_fields",
    "supported_names",
]
