"""Coupons and promotion codes: their limits, and the discount of a session ("Discounts")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.currencies import Money
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.discount import new_discount
from stripe_emulator.storage.entity import Entity


def is_valid(limited: JSON, now: int) -> bool:
    """Return whether a coupon or a promotion code is within its limits of time and of redemptions."""
    most, until = limited["max_redemptions"], limited["redeem_by" if "redeem_by" in limited else "expires_at"]
    return (most is None or limited["times_redeemed"] < most) and (until is None or now < until)


def is_active(context: Context, code: JSON) -> bool:
    """Return whether a promotion code can be redeemed: it and its coupon must be valid."""
    coupon = context.get("coupon", code["promotion"]["coupon"])
    now = context.now()
    return bool(code["active"] and is_valid(code, now) and coupon and is_valid(coupon.data, now))


def redeemable(context: Context, wanted: str, param: str) -> Entity:
    """Return the coupon. Raises `StripeError` if there is none, or if it can no longer be redeemed."""
    coupon = context.find("coupon", wanted, param)
    if not is_valid(coupon.data, context.now()):
        raise invalid_request("Coupon expired: {coupon}", param=param, code="coupon_expired", values={"coupon": wanted})
    return coupon


def find_code(context: Context, text: str, customer: str | None) -> Entity | None:
    """Return the promotion code that a buyer has entered, in any case. A customer's own code comes first."""
    found = [
        code
        for code in context.emulator.store.select("e.kind='promotion_code' ORDER BY e.seq DESC")
        if code.data["code"].lower() == text.lower() and code.data["customer"] in (None, customer)
    ]
    found.sort(key=lambda code: (not is_active(context, code.data), code.data["customer"] is None))
    return found[0] if found else None


def apply_coupon(context: Context, session: Entity, wanted: str, param: str) -> None:
    """Give a session the discount of a coupon. Raises `StripeError` if it can't be redeemed."""
    coupon = redeemable(context, wanted, param)
    _check_coupon(session, coupon, param)
    session.data["discounts"] = [{"coupon": coupon.id, "promotion_code": None}]
    session.private["discount"] = new_discount(coupon.id, context.now(), session=session.id)


def apply_code(context: Context, session: Entity, code: Entity, param: str | None = None) -> None:
    """Give a session the discount of a promotion code. Raises `StripeError` if it can't be redeemed."""
    _check_code(context, session, code, param)
    _check_coupon(session, context.find("coupon", code.data["promotion"]["coupon"]), param)
    session.data["discounts"] = [{"coupon": None, "promotion_code": code.id}]
    session.private["discount"] = new_discount(
        code.data["promotion"]["coupon"], context.now(), session=session.id, promotion_code=code.id
    )


def remove(session: Entity) -> None:
    """Remove a session's discount."""
    session.data["discounts"] = []
    session.private["discount"] = None


def check_again(context: Context, session: Entity) -> None:
    """Check that the session's discount can still be redeemed. Raises `StripeError`."""
    for each in session.data["discounts"]:
        if each["promotion_code"]:
            _check_code(context, session, context.find("promotion_code", each["promotion_code"]), None)
        else:
            redeemable(context, each["coupon"], "discounts[0][coupon]")


def coupon_of(context: Context, session: Entity) -> Entity | None:
    """Return the coupon behind the session's discount. A deleted coupon gives none."""
    discount = session.private.get("discount")
    return context.get("coupon", discount["source"]["coupon"]) if discount else None


def applies(coupon: Entity, product: str | None) -> bool:
    """Return whether the coupon is for this product."""
    products: list[str] | None = coupon.private.get("products")
    return products is None or product in products


def redeem(context: Context, session: Entity) -> None:
    """Count the redemption of the coupon, and of the promotion code."""
    discount = session.private.get("discount")
    if not discount:
        return
    for kind, wanted in (("coupon", discount["source"]["coupon"]), ("promotion_code", discount["promotion_code"])):
        if entity := context.get(kind, wanted):
            entity.data["times_redeemed"] += 1
            context.save(entity)
            context.emit(f"{kind}.updated", entity.data, {"times_redeemed": entity.data["times_redeemed"] - 1})


def _check_coupon(session: Entity, coupon: Entity, param: str | None) -> None:
    currency = session.data["currency"]
    if coupon.data["currency"] not in (None, currency):
        raise invalid_request(
            "The coupon {coupon} is in {own}, the line items are in {currency}.",
            param=param,
            values={"coupon": coupon.id, "own": coupon.data["currency"], "currency": currency},
        )
    lines = zip(session.private["line_items"], session.private["about"], strict=True)
    if not any(line["quantity"] and applies(coupon, about.get("product")) for line, about in lines):
        raise invalid_request(
            "The coupon {coupon} doesn't apply to anything in this order.", param=param, values={"coupon": coupon.id}
        )


def _check_code(context: Context, session: Entity, code: Entity, param: str | None) -> None:
    data, limits = code.data, code.data["restrictions"]
    customer = session.data["customer"]
    if not is_active(context, data):
        raise invalid_request(
            "This promotion code cannot be redeemed because it is expired or inactive.",
            param=param,
            code="promotion_code_expired",
        )
    if data["customer"] not in (None, customer):
        raise invalid_request("This promotion code cannot be redeemed because it is for another customer.", param=param)
    if limits["first_time_transaction"] and customer and _has_paid(context, customer):
        raise invalid_request(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
            param=param,
        )
    currency = limits["minimum_amount_currency"]
    if currency and session.data["currency"] != currency:
        raise invalid_request(
            "This promotion code cannot be redeemed because its minimum amount is in {currency}.",
            param=param,
            values={"currency": currency},
        )
    if currency and session.data["amount_subtotal"] < limits["minimum_amount"]:
        raise invalid_request(
            "This promotion code cannot be redeemed because it requires a minimum amount of {amount}.",
            param=param,
            values={"amount": Money(limits["minimum_amount"], currency)},
        )


def _has_paid(context: Context, customer: str) -> bool:
    return any(each.data["status"] == "succeeded" for each in context.linked("payment_intent", "customer", customer))
