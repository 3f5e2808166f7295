"""The BalanceTransaction object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON

_CATEGORIES = {"payment": "charge", "payment_refund": "refund", "adjustment": "dispute"}


def card_fee(amount: int) -> int:
    """Return 2.9% and 30 minor units, Stripe's standard price for US cards."""
    return round(amount * 0.029) + 30


def new_balance_transaction(
    kind: str, source: str, amount: int, currency: str, now: int, *, fee: int = 0, available_in: int = 2 * 86400
) -> JSON:
    """Build a balance transaction. `amount` is negative for outgoing money; `kind` is Stripe's `type`."""
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + available_in,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": _fees(fee, currency),
        "net": amount - fee,
        "reporting_category": _CATEGORIES.get(kind, kind),
        "source": source,
        "status": "pending" if available_in else "available",
        "type": kind,
    }


def _fees(fee: int, currency: str) -> list[JSON]:
    if not fee:
        return []
    description = "Stripe processing fees"
    detail = {"amount": fee, "application": None, "currency": currency, "description": description}
    return [{**detail, "type": "stripe_fee"}]
