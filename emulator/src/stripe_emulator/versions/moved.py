"""Steps of their own: what moved from one object or place to another."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.versions.steps import Look


def whole_coupon(data: JSON, look: Look) -> None:
    """Show a discount's coupon as an object, where `source` has its id now."""
    if "source" in data:
        coupon = data.pop("source")["coupon"]
        found = look("coupon", "id", coupon) if isinstance(coupon, str) else []
        data["coupon"] = dict(found[0]) if found else coupon


def whole_promotion(data: JSON, look: Look) -> None:
    """Show a promotion code's coupon as an object, where `promotion` has its id now."""
    if "promotion" in data:
        coupon = data.pop("promotion")["coupon"]
        found = look("coupon", "id", coupon) if isinstance(coupon, str) else []
        data["coupon"] = dict(found[0]) if found else coupon


def shipping_beside(data: JSON, look: Look) -> None:
    """Show a session's shipping details beside what else was collected, not inside it."""
    if "collected_information" in data:
        data["shipping_details"] = (data["collected_information"] or {}).get("shipping_details")


def period_of_all(data: JSON, look: Look) -> None:
    """Give a subscription the billing period that its items have now."""
    if "items" in data:
        first = data["items"]["data"][0]
        data |= {name: first[name] for name in ("current_period_end", "current_period_start")}


def dispute_of_charge(data: JSON, look: Look) -> None:
    """Name a charge's dispute. By now it only says whether there is one."""
    if "disputed" in data:
        found = look("dispute", "charge", data["id"]) if data["disputed"] and "id" in data else []
        data["dispute"] = found[-1]["id"] if found else None
