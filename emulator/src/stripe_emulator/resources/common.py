"""Parameter hashes that several resources share."""

from __future__ import annotations

from stripe_emulator.schema import String, Whole, choice

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
CLEARABLE_ADDRESS = Whole(clearable=True, fields=dict.fromkeys(ADDRESS.fields, CLEARABLE))
CLEARABLE_SHIPPING = Whole(clearable=True, fields=SHIPPING.fields)
CUSTOMER_SHIPPING = Whole(clearable=True, fields={name: SHIPPING.fields[name] for name in ("address", "name", "phone")})

CAPTURE_METHOD = choice("automatic", "automatic_async", "manual")
FUTURE_USAGE = choice("off_session", "on_session")
REDISPLAY = choice("always", "limited", "unspecified")
TAX_BEHAVIOR = choice("exclusive", "inclusive", "unspecified")
