"""What the buyer can change on the checkout page: items, the promotion code, shipping, and where the order goes."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.errors import StripeError
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.payment_form import FormError, PaymentForm
from stripe_emulator.payments import checkout
from stripe_emulator.payments.checkout import baskets, discounts, shipping, taxes
from stripe_emulator.storage.entity import Entity


def are_offered(session: Entity) -> bool:
    """Return whether the total of this session can change on the page."""
    data = session.data
    return bool(
        data["allow_promotion_codes"]
        or data["optional_items"]
        or len(data["shipping_options"]) > 1
        or data["automatic_tax"]["enabled"]
        or any((line["adjustable_quantity"] or {}).get("enabled") for line in session.private["line_items"])
    )


def apply(context: Context, session: Entity, form: PaymentForm) -> None:
    """Apply the buyer's choices to an open session. Raises `FormError` for one that is not possible."""
    if not are_offered(session):
        return
    try:
        baskets.set_quantities(session, _quantities(session, form))
        if wanted := form.get("shipping_rate"):
            shipping.choose(session, wanted)
        if _may_locate(session):
            taxes.locate(context, session, form.place(session.data))
        # The discount may depend on the amount.
        baskets.update_totals(context, session)
        if _apply_code(context, session, form):
            baskets.update_totals(context, session)
        checkout.adjust_amount(context, session)
    except StripeError as error:
        param = error.error.get("param") or ""
        field = f"quantity-{param}" if param.startswith("li_") else param
        raise FormError(field, error.template, **error.values) from error


def _quantities(session: Entity, form: PaymentForm) -> dict[str, int]:
    """Return the quantities by line, as far as the form has them."""
    wanted: dict[str, int] = {}
    for line, about in zip(session.private["line_items"], session.private["about"], strict=True):
        text = form.get(f"quantity-{line['id']}")
        if text:
            if not (text.isascii() and text.isdecimal() and len(text) <= 6):
                raise FormError(f"quantity-{line['id']}", "Enter a whole number.")
            wanted[line["id"]] = int(text)
        if about.get("optional") and form.get("add") == line["id"]:
            wanted[line["id"]] = about["optional"]
        if form.get("remove") == line["id"]:
            wanted[line["id"]] = 0
    return wanted


def _may_locate(session: Entity) -> bool:
    """Return whether the address on the page decides about taxes: not if it isn't saved on the session's customer."""
    update: JSON = session.private.get("customer_update", {})
    return not session.data["customer"] or "auto" in (update.get("address"), update.get("shipping"))


def _apply_code(context: Context, session: Entity, form: PaymentForm) -> bool:
    """Apply or remove a promotion code, if the buyer wants to."""
    if not session.data["allow_promotion_codes"]:
        return False
    if form.get("remove_code"):
        discounts.remove(session)
        return True
    text = form.get("promotion_code")
    if not text or session.data["discounts"]:
        return False
    code = discounts.find_code(context, text, session.data["customer"])
    if code is None:
        raise FormError("promotion_code", "This code is invalid.")
    try:
        discounts.apply_code(context, session, code, "promotion_code")
    except StripeError as error:
        raise FormError("promotion_code", error.template, **error.values) from error
    return True
