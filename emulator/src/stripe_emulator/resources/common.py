"""Parameter hashes that several resources share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from stripe_emulator.schema import Pattern, String, Whole, choice

#: Long lists of words from the official package (`tests/support/literals.py`).
LITERALS: Mapping[str, tuple[str, ...]] = {
    name: tuple(words) for name, words in json.loads(files(__package__).joinpath("literals.json").read_bytes()).items()
}

ADDRESS = Whole(fields={name: String() for name in ("city", "country", "line1", "line2", "postal_code", "state")})

SHIPPING = Whole(
    fields={
        "address": Whole(required=True, fields=ADDRESS.fields),
        "carrier": String(),
        "name": String(required=True),
        "phone": String(),
        "tracking_number": String(),
    }
)

CLEARABLE = String(clearable=True)
TAX_CODE = Pattern(
    clearable=True, pattern=r"txcd_\d{8}", message="No such tax code: '{value}'", code="resource_missing"
)
CLEARABLE_ADDRESS = Whole(clearable=True, fields=dict.fromkeys(ADDRESS.fields, CLEARABLE))
CLEARABLE_SHIPPING = Whole(clearable=True, fields=SHIPPING.fields)
#: For customers: without a carrier and tracking number.
CUSTOMER_SHIPPING = Whole(clearable=True, fields={name: SHIPPING.fields[name] for name in ("address", "name", "phone")})

CAPTURE_METHOD = choice("automatic", "automatic_async", "manual")
FUTURE_USAGE = choice("off_session", "on_session")
REDISPLAY = choice("always", "limited", "unspecified")
TAX_BEHAVIOR = choice("exclusive", "inclusive", "unspecified")
