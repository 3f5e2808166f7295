"""Charges: an attempt to move money, with its balance transaction and events."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.balance_transaction import card_fee, new_balance_transaction
from stripe_emulator.objects.charge import new_charge, outcome
from stripe_emulator.objects.payment_method import charge_details, new_mandate
from stripe_emulator.payments import methods
from stripe_emulator.payments.declines import Decline
from stripe_emulator.storage.entity import Entity

_RISK = {"normal": 20, "elevated": 70, "highest": 95}
_AUTHENTICATED: JSON = {
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "exemption_indicator_applied": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": None,
    "version": "2.2.0",
}


def open_charge(context: Context, intent: Entity, method: Entity, *, authenticated: bool) -> Entity:
    """Create a pending charge."""
    amount = intent.data["amount"]
    extra: JSON = {}
    if authenticated:
        flow = "frictionless" if methods.card_of(method).authentication == "frictionless" else "challenge"
        extra["three_d_secure"] = {"authentication_flow": flow, **_AUTHENTICATED}
        if method.data["card"]["brand"] == "visa":
            extra["electronic_commerce_indicator"] = _AUTHENTICATED["electronic_commerce_indicator"]
    if method.data["type"] != "card":
        extra = {"expected_debit_date": None, "mandate": _mandate(context, intent, method)}
    details = charge_details(method.data, amount, extra)
    charge = new_charge(intent.data, method.data, details, amount, context.now())
    intent.data["latest_charge"] = charge["id"]
    receipt = f"{intent.private.get('base_url', '')}/c/pay/receipt/{charge['id']}"
    return context.add("charge", charge, {"receipt_url": receipt})


def _mandate(context: Context, intent: Entity, method: Entity) -> str | None:
    """Create the mandate for a debit from the buyer's consent. Returns its id, or None without consent."""
    consent = intent.private.get("mandate_data")
    if not consent or method.data["type"] not in ("sepa_debit", "us_bank_account"):
        return None
    once = {name: intent.data[name] for name in ("amount", "currency")}
    single_use = None if intent.data["setup_future_usage"] else once
    mandate = new_mandate(method.data, consent["customer_acceptance"], context.now(), single_use=single_use)
    return context.add("mandate", mandate).id


def fail(context: Context, charge: Entity, decline: Decline) -> None:
    """Record that the issuer (or Radar) declined: `charge.failed`."""
    blocked = decline.decline_code == "fraudulent"
    risk = "highest" if blocked else "normal"
    data = charge.data
    data |= {
        "status": "failed",
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": outcome(
            "blocked" if blocked else "issuer_declined",
            decline.seller,
            network="not_sent_to_network" if blocked else "declined_by_network",
            reason="highest_risk_level" if blocked else decline.decline_code or decline.code,
            risk=risk,
            score=_RISK[risk],
        ),
    }
    data["outcome"]["network_decline_code"] = None if blocked else "05"
    context.save(charge)
    context.emit("charge.failed", data)


def authorize(context: Context, charge: Entity, method: Entity) -> None:
    """Record that the issuer approved; `capture` collects the money."""
    risk = methods.card_of(method).risk if method.data["type"] == "card" else "normal"
    message = "Payment complete."
    charge.data |= {
        "paid": True,
        "receipt_url": charge.private.get("receipt_url"),
        "status": "succeeded",
        "outcome": outcome("authorized", message, network="approved_by_network", risk=risk, score=_RISK[risk]),
    }
    context.save(charge)


def capture(context: Context, charge: Entity, amount: int, *, at_once: bool = False) -> None:
    """Capture `amount` minor units. The rest of the authorization is released."""
    charge.data |= {"captured": True, "amount_captured": amount}
    kind = "charge" if charge.data["payment_method_details"]["type"] == "card" else "payment"
    transaction = new_balance_transaction(
        kind,
        charge.id,
        amount,
        charge.data["currency"],
        context.now(),
        fee=min(card_fee(amount), amount) if kind == "charge" else min(35, amount),
        available_in=0 if at_once else 2 * 86400,
    )
    context.add("balance_transaction", transaction)
    charge.private["balance_transaction"] = transaction["id"]
    context.save(charge)


def book(context: Context, charge: Entity, *, later: bool) -> None:
    """Show the balance transaction on the charge.

    "Asynchronous capture": with `automatic_async` it comes after `charge.succeeded`, as `charge.updated`.
    """
    before = charge.data["balance_transaction"]
    charge.data["balance_transaction"] = charge.private["balance_transaction"]
    context.save(charge)
    if later:
        context.emit("charge.updated", charge.data, {"balance_transaction": before})
