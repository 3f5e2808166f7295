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


def invoice_with_one_payment(data: JSON, look: Look) -> None:
    """Show an invoice's payment and taxes as before it could have several payments."""
    data.pop("amount_overpaid", None)
    data.pop("parent", None)
    if "total_taxes" in data:
        taxes = data.pop("total_taxes") or []
        data |= {"tax": sum(tax["amount"] for tax in taxes) or None, "total_tax_amounts": _tax_amounts(taxes)}
    if "status" in data:
        data["paid"] = data["status"] == "paid"
    if "object" in data:
        sessions = look("checkout.session", "invoice", data["id"])
        intent = sessions[0]["payment_intent"] if sessions else None
        intents = look("payment_intent", "id", intent) if intent else []
        data |= {
            "application_fee_amount": None,
            "charge": intents[0]["latest_charge"] if intents else None,
            "discount": None,
            "paid_out_of_band": False,
            "payment_intent": intent,
            "quote": None,
            "subscription": None,
            "subscription_details": {"metadata": None},
            "transfer_data": None,
        }


def rendering_options_beside(data: JSON, look: Look) -> None:
    """Show how an invoice displays taxes beside its rendering, too."""
    if "rendering" in data:
        shown = data["rendering"]
        data["rendering_options"] = shown and {"amount_tax_display": shown["amount_tax_display"]}


def line_with_price(data: JSON, look: Look) -> None:
    """Show an invoice line's price and taxes beside its amounts."""
    if "pricing" not in data:
        return
    taxes, parent = data.pop("taxes"), data.pop("parent")
    data |= {
        **_priced(data.pop("pricing"), look),
        "amount_excluding_tax": data["amount"]
        - sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive"),
        "plan": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "tax_amounts": _tax_amounts(taxes),
        "tax_rates": [rate for tax in taxes for rate in look("tax_rate", "id", tax["tax_rate_details"]["tax_rate"])],
        "type": "invoiceitem",
    }
    quantity = data["quantity"] or 1
    data["unit_amount_excluding_tax"] = str(data["amount_excluding_tax"] // quantity)
    if parent:
        data["invoice_item"] = parent["invoice_item_details"]["invoice_item"]


def item_with_price(data: JSON, look: Look) -> None:
    """Show an invoice item's price beside its amount."""
    if "pricing" in data:
        data.pop("parent")
        unit = data["amount"] // (data["quantity"] or 1)
        data |= {
            **_priced(data.pop("pricing"), look),
            "plan": None,
            "subscription": None,
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        }


def _priced(pricing: JSON | None, look: Look) -> JSON:
    found = look("price", "id", pricing["price_details"]["price"]) if pricing else []
    return {"price": dict(found[0]) if found else None}


def _tax_amounts(taxes: list[JSON]) -> list[JSON]:
    return [
        {
            "amount": tax["amount"],
            "inclusive": tax["tax_behavior"] == "inclusive",
            "tax_rate": tax["tax_rate_details"]["tax_rate"],
            "taxability_reason": None if tax["taxability_reason"] == "not_available" else tax["taxability_reason"],
            "taxable_amount": tax["taxable_amount"],
        }
        for tax in taxes
    ]
