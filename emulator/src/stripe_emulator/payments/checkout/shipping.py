"""The shipping rates that a session offers, and the buyer's choice ("Charge for shipping")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.errors import invalid_request
from stripe_emulator.storage.entity import Entity


def offer(session: Entity, rates: list[Entity]) -> None:
    """Offer shipping rates; the first one is chosen until the buyer chooses another. Raises `StripeError`."""
    for place, rate in enumerate(rates):
        where, fixed = f"shipping_options[{place}]", rate.data["fixed_amount"]
        if not rate.data["active"]:
            raise invalid_request(f"The shipping rate {rate.id} is archived, so it can't be used.", param=where)
        if fixed["currency"] != session.data["currency"]:
            message = (
                f"The shipping rate {rate.id} is in {fixed['currency']}, "
                f"the line items are in {session.data['currency']}."
            )
            raise invalid_request(message, param=where)
    session.data["shipping_options"] = [
        {"shipping_amount": rate.data["fixed_amount"]["amount"], "shipping_rate": rate.id} for rate in rates
    ]
    session.private["shipping_rate"] = rates[0].id if rates else None


def offered(context: Context, session: Entity) -> list[Entity]:
    """Return the shipping rates that the buyer can choose from."""
    wanted = (option["shipping_rate"] for option in session.data["shipping_options"])
    return [rate for each in wanted if (rate := context.get("shipping_rate", each))]


def choose(session: Entity, wanted: str) -> None:
    """Choose one of the offered shipping rates. Raises `StripeError` for another one."""
    if wanted not in [option["shipping_rate"] for option in session.data["shipping_options"]]:
        raise invalid_request("Choose one of the shipping methods.", param="shipping_rate")
    session.private["shipping_rate"] = wanted
