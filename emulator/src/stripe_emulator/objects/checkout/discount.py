"""The Discount object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_discount(
    coupon: str,
    now: int,
    *,
    customer: str | None = None,
    session: str | None = None,
    promotion_code: str | None = None,
    end: int | None = None,
) -> JSON:
    """Build a discount: a coupon applied to a customer or a session. A repeating one has an `end`."""
    return {
        "id": new_id("di"),
        "object": "discount",
        "checkout_session": session,
        "customer": customer,
        "customer_account": None,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": promotion_code,
        "source": {"coupon": coupon, "type": "coupon"},
        "start": now,
        "subscription": None,
        "subscription_item": None,
    }
