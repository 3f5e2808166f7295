"""The basket of a session: its lines, and its sums after each choice of the shop or the buyer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stripe_emulator.account.context import Context
from stripe_emulator.currencies import CURRENCIES, Money, fraction_error
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.line_item import amount
from stripe_emulator.objects.checkout.tax_rate import tax
from stripe_emulator.payments.checkout import discounts, taxes
from stripe_emulator.payments.checkout.totals import Charged, Rate, Sums, compute, percentage
from stripe_emulator.storage.entity import Entity

#: The discounts and taxes of a line item, which it only shows when expanded, stored under its id.
AMOUNTS = "item_amounts"


def bought(session: Entity) -> list[JSON]:
    """Return the session's line items, without those that the buyer has removed."""
    return [line for line in session.private["line_items"] if line["quantity"]]


def set_quantities(session: Entity, wanted: Mapping[str, int]) -> None:
    """Set the buyer's quantities by line; 0 removes one. Raises `StripeError` for one that is not allowed."""
    for line, about in zip(session.private["line_items"], session.private["about"], strict=True):
        quantity = wanted.get(line["id"], line["quantity"])
        if quantity != line["quantity"] and not _allows(line, about.get("optional"), quantity):
            raise invalid_request(
                "The quantity of {name} can't be {quantity}.",
                param=line["id"],
                values={"name": line["description"], "quantity": quantity},
            )
        line["quantity"] = quantity
    if not bought(session):
        raise invalid_request("At least one item must remain in the order.")


def _allows(line: JSON, offered: int | None, quantity: int) -> bool:
    """Return whether a line may have this quantity. `offered` is that of an optional item, which can be left out."""
    limits = line["adjustable_quantity"]
    if offered and quantity in (0, offered):
        return True
    return bool(limits and limits["enabled"] and limits["minimum"] <= quantity <= limits["maximum"])


def update_totals(context: Context, session: Entity) -> None:
    """Compute all sums of a session, from its lines, discount, shipping rate and taxes.

    Raises `StripeError` for a total that can't be paid.
    """
    lines, about = session.private["line_items"], session.private["about"]
    coupon = discounts.coupon_of(context, session)
    for line in lines:
        line["amount_subtotal"] = amount(line["price"], line["quantity"])
    rates = [
        taxes.rates_of(context, session, {**own, "tax_behavior": line["price"]["tax_behavior"]})
        for line, own in zip(lines, about, strict=True)
    ]
    items = [
        Charged(
            line["amount_subtotal"], _rates(of_line), coupon is None or discounts.applies(coupon, own.get("product"))
        )
        for line, own, of_line in zip(lines, about, rates, strict=True)
    ]
    shipping = context.get("shipping_rate", session.private.get("shipping_rate"))
    shipping_rates = taxes.rates_of(context, session, shipping.data) if shipping else []
    totals = compute(
        items,
        Charged(shipping.data["fixed_amount"]["amount"], _rates(shipping_rates)) if shipping else None,
        percent_off=percentage(coupon.data["percent_off"] or 0) if coupon else 0,
        amount_off=(coupon.data["amount_off"] or 0) if coupon else 0,
        step=CURRENCIES[session.data["currency"]].step,
    )
    for line, sums, of_line in zip(lines, totals.items, rates, strict=True):
        line |= {"amount_discount": sums.discount, "amount_tax": sums.tax, "amount_total": sums.total}
        _keep_amounts(context, session, line["id"], sums, of_line)
    session.private["shipping_taxes"] = _taxes(session, totals.shipping, shipping_rates)
    session.data |= {
        "amount_subtotal": totals.subtotal,
        "amount_total": totals.total,
        "payment_status": "unpaid" if totals.total else "no_payment_required",
        "shipping_cost": _shipping_cost(shipping, totals.shipping),
        "total_details": {
            "amount_discount": totals.discount,
            "amount_shipping": totals.shipping.subtotal,
            "amount_tax": totals.tax,
        },
    }
    _check_total(totals.total, session.data["currency"])
    context.save(session)


def _rates(rates: list[JSON]) -> tuple[Rate, ...]:
    return tuple(Rate(percentage(rate["percentage"]), rate["inclusive"]) for rate in rates)


def _taxes(session: Entity, sums: Sums, rates: list[JSON]) -> list[JSON]:
    included = sum(sums.taxes) - sums.added
    taxable = sums.subtotal - sums.discount - included
    reason = "standard_rated" if session.data["automatic_tax"]["enabled"] else None
    return [tax(each, rate, taxable, reason) for each, rate in zip(sums.taxes, rates, strict=True)]


def _keep_amounts(context: Context, session: Entity, line: str, sums: Sums, rates: list[JSON]) -> None:
    discount = session.private.get("discount")
    shown: JSON = {
        "id": line,
        "discounts": [{"amount": sums.discount, "discount": discount}] if discount else [],
        "taxes": _taxes(session, sums, rates),
    }
    if not (shown["discounts"] or shown["taxes"] or session.private.get("itemized")):
        return
    session.private["itemized"] = True
    if known := context.get(AMOUNTS, line):
        known.data |= shown
        context.save(known)
    else:
        context.add(AMOUNTS, shown)


def _shipping_cost(rate: Entity | None, sums: Sums) -> JSON | None:
    if rate is None:
        return None
    return {
        "amount_subtotal": sums.subtotal,
        "amount_tax": sums.tax,
        "amount_total": sums.total,
        "shipping_rate": rate.id,
    }


def breakdown(context: Context, session: Entity) -> JSON:
    """Return the amounts by discount, and by tax rate (`total_details.breakdown`)."""
    lines = bought(session) if session.private.get("itemized") else []
    amounts = [found.data for line in lines if (found := context.get(AMOUNTS, line["id"]))]
    every = [each for one in amounts for each in one["taxes"]] + session.private.get("shipping_taxes", [])
    discount, off = session.private.get("discount"), session.data["total_details"]["amount_discount"]
    return {"discounts": [{"amount": off, "discount": discount}] if discount else [], "taxes": _by_rate(every)}


def _by_rate(every: Iterable[JSON]) -> list[JSON]:
    found: dict[str, JSON] = {}
    for each in every:
        sums = found.setdefault(each["rate"]["id"], {**each, "amount": 0, "taxable_amount": 0})
        sums["amount"] += each["amount"]
        sums["taxable_amount"] += each["taxable_amount"]
    return list(found.values())


def _check_total(total: int, currency: str) -> None:
    smallest, largest = CURRENCIES[currency].minimum, CURRENCIES[currency].maximum
    # A total of zero is allowed ("No-cost orders"), a smaller amount than the minimum is not.
    if 0 < total < smallest:
        raise invalid_request(
            "The Checkout Session's total amount due must add up to at least {amount} {currency}",
            code="amount_too_small",
            values={"amount": Money(smallest, currency), "currency": currency},
        )
    if total > largest:
        raise invalid_request(
            "The Checkout Session's total amount due must be no more than {amount} {currency}",
            code="amount_too_large",
            values={"amount": Money(largest, currency), "currency": currency},
        )
    if message := fraction_error(total, currency):
        raise invalid_request(message, param="line_items")
