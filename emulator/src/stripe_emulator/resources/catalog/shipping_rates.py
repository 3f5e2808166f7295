"""`/v1/shipping_rates` ("Shipping Rates")."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.shipping_rate import new_shipping_rate
from stripe_emulator.resources.common import TAX_BEHAVIOR, TAX_CODE
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Currency,
    Fields,
    Hash,
    Integer,
    Name,
    Only,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import needs_any

_KIND = "shipping_rate"
_TIME = Hash(
    fields={
        "unit": choice("business_day", "day", "hour", "month", "week", required=True),
        "value": Integer(required=True, least=1),
    }
)
#: The parameters of a shipping rate, which a session can also have inline (`shipping_rate_data`).
SHIPPING_RATE: Fields = {
    "delivery_estimate": Hash(fields={"maximum": _TIME, "minimum": _TIME}),
    "display_name": Name(required=True, longest=100),
    "fixed_amount": Hash(
        fields={
            "amount": Integer(required=True, least=0, most=999_999_999_999),
            "currency": Currency(required=True),
            "currency_options": Unsupported(),
        }
    ),
    "metadata": METADATA,
    "tax_behavior": TAX_BEHAVIOR,
    "tax_code": TAX_CODE,
    "type": Only(field=choice("fixed_amount"), value="fixed_amount"),
}
#: The only type of shipping rates is `fixed_amount`.
AMOUNT_REQUIRED = needs_any(
    ("fixed_amount",), "Missing required param: fixed_amount.", param="fixed_amount", code="parameter_missing"
)
_UPDATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "fixed_amount": Hash(fields={"currency_options": Unsupported()}),
    "metadata": METADATA,
    "tax_behavior": TAX_BEHAVIOR,
}


def create(request: Request) -> JSON:
    """POST /v1/shipping_rates."""
    return request.add(_KIND, new_shipping_rate(request.params, request.now()), keep=True).data


def _accept(request: Request) -> Accept | None:
    currency = request.params.get("currency")
    return (lambda data: bool(data["fixed_amount"]["currency"] == currency)) if currency else None


def _currency_options(request: Request, rate: JSON) -> JSON:
    fixed = rate["fixed_amount"]
    return {fixed["currency"]: {"amount": fixed["amount"], "tax_behavior": rate["tax_behavior"]}}


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/shipping_rates",
    param="shipping_rate_token",
    create=Create({**EXPAND, **SHIPPING_RATE}, create, (AMOUNT_REQUIRED,)),
    update=Update(fields=_UPDATE, special=("fixed_amount",)),
    list=List(
        fields={**TIMED_PAGING, "active": Boolean(), "currency": Currency()}, filters=("active",), accept=_accept
    ),
    included={"fixed_amount.currency_options": _currency_options},
)
