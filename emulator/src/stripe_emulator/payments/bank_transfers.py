"""Payments by bank transfer, from a customer's cash balance ("Bank transfer payments")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

#: `payment_method_options[customer_balance][bank_transfer][type]` → the type in `next_action`.
_TYPES = {
    "eu_bank_transfer": "eu_bank_transfer",
    "gb_bank_transfer": "gb_bank_transfer",
    "jp_bank_transfer": "jp_bank_transfer",
    "mx_bank_transfer": "mx_bank_transfer",
    "us_bank_transfer": "us_bank_transfer",
}


def wait_for_transfer(context: Context, intent: Entity) -> None:
    """Set `requires_action` with the instructions for the transfer."""
    options = intent.data["payment_method_options"].get("customer_balance", {})
    transfer = options.get("bank_transfer", {})
    kind = transfer.get("type", "")
    intent.private["remaining"] = intent.data["amount"]
    intent.private["country"] = transfer.get("eu_bank_transfer", {}).get("country")
    intent.data |= {"status": "requires_action", "next_action": _instructions(intent, _TYPES.get(kind, ""))}
    context.save(intent)
    context.emit("payment_intent.requires_action", intent.data)


def _instructions(intent: Entity, kind: str) -> JSON:
    instructions = {
        "amount_remaining": intent.private["remaining"],
        "currency": intent.data["currency"],
        "financial_addresses": _addresses(intent.private.get("country")),
        "hosted_instructions_url": None,
        "reference": intent.id[-8:].upper(),
        "type": kind or "eu_bank_transfer",
    }
    return {"display_bank_transfer_instructions": instructions, "type": "display_bank_transfer_instructions"}


def _addresses(country: str | None) -> list[JSON]:
    """Return the account to pay to, if its country was given."""
    if country is None:
        return []
    holder = {"account_holder_name": "Local Stripe", "bic": "LOCAL" + country + "00", "country": country}
    address = dict.fromkeys(("city", "line1", "line2", "postal_code", "state")) | {"country": country}
    account = {"account_holder_address": address, "bank_address": address, **holder, "iban": f"{country}00LOCAL"}
    return [{"iban": account, "supported_networks": ["sepa"], "type": "iban"}]


def waiting(context: Context, customer: str, currency: str) -> list[Entity]:
    """Return the customer's payments that wait for money in this currency, oldest first."""
    found = context.emulator.store.linked("payment_intent", "customer", customer)
    return [
        intent
        for intent in found
        if intent.data["status"] == "requires_action"
        and intent.data["currency"] == currency
        and "remaining" in intent.private
    ]


def apply(context: Context, intent: Entity, amount: int) -> None:
    """Record a partial payment."""
    intent.private["remaining"] -= amount
    kind = intent.data["next_action"]["display_bank_transfer_instructions"]["type"]
    intent.data["next_action"] = _instructions(intent, kind)
    context.save(intent)
    context.emit("payment_intent.partially_funded", intent.data)
