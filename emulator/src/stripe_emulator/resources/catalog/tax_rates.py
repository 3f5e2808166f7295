"""`/v1/tax_rates` ("Tax Rate")."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.tax_rate import new_tax_rate
from stripe_emulator.resources.common import LITERALS
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Decimal,
    Fields,
    Name,
    Pattern,
    String,
    choice,
)

_KIND = "tax_rate"
_UPDATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "country": Pattern(pattern="[A-Z]{2}", message="Country '{value}' is unknown.", code="country_code_invalid"),
    "description": String(),
    "display_name": Name(longest=50),
    "jurisdiction": String(longest=50),
    "metadata": METADATA,
    "state": String(),
    "tax_type": choice(*LITERALS["tax_types"]),
}
_CREATE: Fields = {
    **_UPDATE,
    "display_name": Name(required=True, longest=50),
    "inclusive": Boolean(required=True),
    "percentage": Decimal(required=True, least=0, most=100, places=4),
}


def create(request: Request) -> JSON:
    """POST /v1/tax_rates."""
    params = request.params
    params["percentage"] = float(params["percentage"])
    data = new_tax_rate(params, request.now())
    request.add(_KIND, data, keep=True)
    request.emit("tax_rate.created", data)
    return data


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/tax_rates",
    param="tax_rate",
    create=Create(_CREATE, create),
    update=Update(fields=_UPDATE, event="tax_rate.updated"),
    list=List(fields={**TIMED_PAGING, "active": Boolean(), "inclusive": Boolean()}, filters=("active", "inclusive")),
)
