"""`/v1/promotion_codes` ("Promotion Code")."""

from __future__ import annotations

import secrets

from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments.checkout.discounts import is_active, is_valid
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
    Only,
    Pattern,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_any, one_of_two
from stripe_emulator.storage.entity import Entity

_KIND = "promotion_code"
#: Generated codes have no characters that look alike.
_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE = Pattern(
    pattern="[A-Za-z0-9-]{1,500}",
    message="Invalid {path}: '{value}'. Promotion codes can only contain letters, digits and dashes.",
)
_RESTRICTIONS = Hash(
    fields={
        "currency_options": Unsupported(),
        "first_time_transaction": Boolean(),
        "minimum_amount": Integer(least=1),
        "minimum_amount_currency": Currency(),
    },
    rules=(
        Rule(
            "minimum_amount_currency",
            "You must pass minimum_amount_currency when passing minimum_amount.",
            lambda params: "minimum_amount" in params and "minimum_amount_currency" not in params,
        ),
        Rule(
            "minimum_amount",
            "You must pass minimum_amount when passing minimum_amount_currency.",
            lambda params: "minimum_amount_currency" in params and "minimum_amount" not in params,
        ),
    ),
)
_PROMOTION = Hash(
    fields={"coupon": String(), "type": Only(field=choice("coupon"), value="coupon", required=True)},
    rules=(
        needs_any(("coupon",), "Missing required param: {path}[coupon].", param="coupon", code="parameter_missing"),
    ),
)
_CREATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "code": _CODE,
    # Versions before 2025-09-30 have `coupon` in place of `promotion`, and the CLI's triggers send it.
    "coupon": String(),
    "customer": String(),
    "customer_account": Unsupported(),
    "expires_at": Integer(),
    "max_redemptions": Integer(least=1),
    "metadata": METADATA,
    "promotion": _PROMOTION,
    "restrictions": _RESTRICTIONS,
}
_UPDATE: Fields = {
    **EXPAND,
    "active": Boolean(),
    "metadata": METADATA,
    "restrictions": Hash(fields={"currency_options": Unsupported()}),
}
_LIST: Fields = {
    **TIMED_PAGING,
    "active": Boolean(),
    "code": String(),
    "coupon": String(),
    "customer": String(),
    "customer_account": Unsupported(),
}
_RULES = (
    needs_any(
        ("promotion", "coupon"), "Missing required param: promotion.", param="promotion", code="parameter_missing"
    ),
    one_of_two("promotion", "coupon"),
)


def new_promotion_code(params: JSON, coupon: str, now: int) -> JSON:
    """Build a promotion code for a coupon."""
    limits = params.get("restrictions", {})
    return {
        "id": new_id("promo"),
        "object": _KIND,
        "active": params.get("active", True),
        "code": params.get("code") or "".join(secrets.choice(_CHARACTERS) for _ in range(8)),
        "created": now,
        "customer": params.get("customer"),
        "customer_account": None,
        "expires_at": params.get("expires_at"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata", {}),
        "promotion": {"coupon": coupon, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": limits.get("first_time_transaction", False),
            "minimum_amount": limits.get("minimum_amount"),
            "minimum_amount_currency": limits.get("minimum_amount_currency"),
        },
        "times_redeemed": 0,
    }


def create(request: Request) -> JSON:
    """POST /v1/promotion_codes."""
    params = request.params
    param = "promotion[coupon]" if "promotion" in params else "coupon"
    coupon = request.find("coupon", params.get("promotion", params)["coupon"], param).data
    if "customer" in params:
        request.find("customer", params["customer"], "customer")
    _check_limits(request, coupon)
    data = new_promotion_code(params, coupon["id"], request.now())
    _claim(request, data)
    request.add(_KIND, data, keep=True)
    request.emit("promotion_code.created", data)
    return data


def _check_limits(request: Request, coupon: JSON) -> None:
    """Check the limits: within the coupon's own ones, and not over yet. Raises `StripeError`."""
    until, most = request.params.get("expires_at"), request.params.get("max_redemptions")
    if not is_valid(coupon, request.now()):
        raise invalid_request(f"Coupon expired: {coupon['id']}", param="promotion[coupon]", code="coupon_expired")
    if until is not None and until <= request.now():
        raise invalid_request("The `expires_at` timestamp must be in the future.", param="expires_at")
    if until is not None and coupon["redeem_by"] is not None and until > coupon["redeem_by"]:
        message = "The `expires_at` timestamp cannot be after the coupon's `redeem_by`."
        raise invalid_request(message, param="expires_at")
    if most is not None and coupon["max_redemptions"] is not None and most > coupon["max_redemptions"]:
        message = "`max_redemptions` cannot be greater than the coupon's `max_redemptions`."
        raise invalid_request(message, param="max_redemptions")


def _claim(request: Request, data: JSON) -> None:
    """Check that no other active promotion code of this customer has the code, in any case. Raises `StripeError`."""
    for other in request.emulator.store.select("e.kind='promotion_code' ORDER BY e.seq"):
        same = other.data["code"].lower() == data["code"].lower() and other.data["customer"] == data["customer"]
        if same and other.id != data["id"] and data["active"] and is_active(request, other.data):
            message = f"An active promotion code with `code: {data['code']}` already exists."
            raise invalid_request(message, param="code", code="resource_already_exists")


def _reactivate(request: Request, code: Entity) -> None:
    """Check that a promotion code can be activated again. Raises `StripeError`."""
    if request.params.get("active"):
        wanted = {**code.data, "active": True}
        if not is_active(request, wanted):
            message = "This promotion code cannot be activated: it or its coupon is expired or fully redeemed."
            raise invalid_request(message, param="active")
        _claim(request, wanted)


def _current(request: Request, code: JSON) -> JSON:
    return {**code, "active": is_active(request, code)}


def _accept(request: Request) -> Accept | None:
    params = request.params
    active, code, coupon = params.get("active"), params.get("code", "").lower(), params.get("coupon")

    def accept(data: JSON) -> bool:
        return (
            active in (None, is_active(request, data))
            and code in ("", data["code"].lower())
            and coupon in (None, data["promotion"]["coupon"])
        )

    return accept if params.keys() & {"active", "code", "coupon"} else None


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/promotion_codes",
    param="promotion_code",
    show=_current,
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, event="promotion_code.updated", special=("restrictions",), before=_reactivate),
    list=List(fields=_LIST, filters=("customer",), accept=_accept),
    linked=("customer",),
    included={"restrictions.currency_options": lambda request, code: {}},
)
