"""The line items of a Checkout Session."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

#: The maximum of an adjustable quantity that has none of its own ("Make line item quantities adjustable").
MOST = 99


def new_line_item(price: JSON, name: str, quantity: int, given: JSON) -> JSON:
    """Build a line item. `price` is the Price object, `name` the product's name, `given` the caller's parameters."""
    subtotal = amount(price, quantity)
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": adjustable(given.get("adjustable_quantity")),
        "amount_discount": 0,
        "amount_subtotal": subtotal,
        "amount_tax": 0,
        "amount_total": subtotal,
        "currency": price["currency"],
        "description": name,
        "metadata": given.get("metadata", {}),
        # A copy: later changes of the price don't affect the order.
        "price": dict(price),
        "quantity": quantity,
    }


def adjustable(given: JSON | None) -> JSON | None:
    """Build `adjustable_quantity`, with the default limits if it is enabled."""
    limits: JSON = {"maximum": MOST, "minimum": 0} if given and given["enabled"] else {"maximum": None, "minimum": None}
    return given and {**limits, **given}


def amount(price: JSON, quantity: int) -> int:
    """Return the minor units for `quantity` of `price`; fractions are rounded once per line."""
    if price["unit_amount"] is not None:
        return int(price["unit_amount"]) * quantity
    exact = Decimal(price["unit_amount_decimal"] or 0) * quantity
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
