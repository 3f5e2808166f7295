"""The taxes of a session: the shop's own rates on its items, or automatic ones by the buyer's location ("Tax")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import fingerprint
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.tax_rate import new_tax_rate
from stripe_emulator.payments.checkout.tax_table import WITH_STATES, Tax, taxes
from stripe_emulator.storage.entity import Entity

_NOT_TAXABLE = "txcd_00000000"


def check_rates(context: Context, wanted: list[str], param: str) -> list[str]:
    """Return the ids of tax rates. Raises `StripeError` for one that doesn't exist or is archived."""
    for place, each in enumerate(wanted):
        rate = context.find("tax_rate", each, f"{param}[{place}]").data
        if not rate["active"]:
            message = f"The tax rate {each} is archived. Only active tax rates can be used."
            raise invalid_request(message, param=f"{param}[{place}]")
    return wanted


def locate(context: Context, session: Entity, address: JSON | None) -> None:
    """Determine where the session is taxed: at this address, or else at the customer's. Sets the status."""
    if not session.data["automatic_tax"]["enabled"]:
        return
    customer = context.get("customer", session.data["customer"])
    known = (customer.data["shipping"] or {}).get("address") or customer.data["address"] if customer else None
    place = address or known or {}
    complete = place.get("country") and (place["country"] not in WITH_STATES or place.get("state"))
    session.private["location"] = {name: place.get(name) for name in ("country", "state")} if complete else None
    session.data["automatic_tax"]["status"] = "complete" if complete else "requires_location_inputs"


def rates_of(context: Context, session: Entity, about: JSON) -> list[JSON]:
    """Return the tax rates of an item or of shipping.

    `about` has its own `tax_rates` (ids), and for automatic tax its `tax_behavior` and `tax_code`.
    """
    if _exempt(context, session):
        return []
    if not session.data["automatic_tax"]["enabled"]:
        return [dict(context.find("tax_rate", each).data) for each in about.get("tax_rates", ())]
    place = session.private.get("location")
    if place is None or about.get("tax_code") == _NOT_TAXABLE:
        return []
    inclusive = _is_inclusive(about.get("tax_behavior"), session.data["currency"])
    return [_automatic(context, place, each, inclusive=inclusive) for each in taxes(place["country"], place["state"])]


def _exempt(context: Context, session: Entity) -> bool:
    customer = context.get("customer", session.data["customer"])
    return customer is not None and customer.data["tax_exempt"] in ("exempt", "reverse")


def _is_inclusive(behavior: str | None, currency: str) -> bool:
    """Return whether a price includes its tax.

    If it doesn't say, that depends on the currency, as with the Dashboard's default setting ("Automatic").
    """
    if behavior in ("exclusive", "inclusive"):
        return behavior == "inclusive"
    return currency not in ("usd", "cad")


def _automatic(context: Context, place: JSON, tax: Tax, *, inclusive: bool) -> JSON:
    """Return the tax rate that stands for a row of the table. It is created once, archived, so no list offers it."""
    country, state = place["country"], place["state"] if tax.level == "state" else None
    wanted = f"txr_{fingerprint(f'{country} {state} {tax.type} {inclusive}')}"
    rate = context.get("tax_rate", wanted)
    if rate is None:
        params = {
            "id": wanted,
            "active": False,
            "country": country,
            "display_name": tax.name,
            "effective_percentage": tax.percentage,
            "inclusive": inclusive,
            "jurisdiction": state or country,
            "jurisdiction_level": tax.level,
            "percentage": tax.percentage,
            "rate_type": "percentage",
            "state": state,
            "tax_type": tax.type,
        }
        rate = context.add("tax_rate", new_tax_rate(params, context.now()), keep=True)
    return dict(rate.data)
