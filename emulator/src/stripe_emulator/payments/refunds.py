"""Refunds: full, partial, pending, failing ("Refund and cancel payments", "Testing: Refunds")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.currencies import display
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.balance_transaction import new_balance_transaction
from stripe_emulator.objects.refund import new_refund
from stripe_emulator.payments import fraud_warnings, methods
from stripe_emulator.storage.entity import Entity


def create(context: Context, charge: Entity, params: JSON) -> Entity:
    """Refund a charge. Raises `StripeError` if the amount exceeds the refundable amount."""
    left = _refundable(charge)
    amount = params.get("amount", left)
    _check(charge, amount, left)
    behavior = _behavior(context, charge)
    status = (
        "pending" if behavior == "pending" or charge.data["payment_method_details"]["type"] != "card" else "succeeded"
    )
    data = new_refund(charge.data, amount, params, context.now(), status=status)
    refund = context.add("refund", data, {"behavior": behavior})
    data["balance_transaction"] = _book(context, refund, -amount, "refund")
    previous = {name: charge.data[name] for name in ("amount_refunded", "refunded")}
    _count(context, charge, amount)
    context.emit("refund.created", data)
    context.emit("charge.refunded", charge.data, previous)
    fraud_warnings.follow(context, charge)
    context.schedule(refund, context.emulator.clock.now() + context.emulator.config.settle_after)
    return refund


def _refundable(charge: Entity) -> int:
    return int(charge.data["amount_captured"] - _already(charge))


def _already(charge: Entity) -> int:
    """Return the amount refunded, without the amount that a partial capture released."""
    data = charge.data
    released = data["amount"] - data["amount_captured"]
    return int(data["amount_refunded"]) - released if data["captured"] else 0


def _check(charge: Entity, amount: int, left: int) -> None:
    data = charge.data
    if data["status"] != "succeeded" or not data["captured"]:
        raise invalid_request(
            f"This PaymentIntent ({data['payment_intent']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    if left <= 0:
        message = f"Charge {charge.id} has already been refunded."
        raise invalid_request(message, code="charge_already_refunded", stored=True)
    if charge.private.get("charged_back"):
        raise invalid_request(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if amount > left:
        currency = data["currency"]
        raise invalid_request(
            f"Refund amount ({display(amount, currency)}) is greater than unrefunded amount on charge "
            f"({display(left, currency)})",
            param="amount",
            stored=True,
        )


def _behavior(context: Context, charge: Entity) -> str | None:
    method = context.get("payment_method", charge.data["payment_method"])
    return methods.card_of(method).refund if method and method.data["type"] == "card" else None


def _book(context: Context, refund: Entity, amount: int, kind: str) -> str:
    transaction = new_balance_transaction(
        kind, refund.id, amount, refund.data["currency"], context.now(), available_in=0
    )
    context.add("balance_transaction", transaction)
    return str(transaction["id"])


def _count(context: Context, charge: Entity, amount: int) -> None:
    data = charge.data
    data["amount_refunded"] += amount
    data["refunded"] = data["amount_refunded"] >= data["amount"]
    context.save(charge)


def settle(context: Context, refund: Entity) -> None:
    """Finish a refund: pending ones succeed or fail, and get their reference number."""
    data = refund.data
    if data["status"] not in ("pending", "succeeded"):
        return
    if refund.private.get("behavior") == "fails":
        fail(context, refund)
        return
    previous: JSON = {"status": data["status"]} if data["status"] == "pending" else {}
    data["status"] = "succeeded"
    if reason := data.pop("pending_reason", None):
        previous["pending_reason"] = reason
    details = data["destination_details"]
    own = details and details[details["type"]]
    if own and "reference_status" in own:
        previous["destination_details"] = details
        found = {**own, "reference": "7" + refund.id[-10:], "reference_status": "available"}
        data["destination_details"] = {**details, details["type"]: found}
    updated(context, refund, previous)


def fail(context: Context, refund: Entity) -> None:
    """Fail the refund and restore the charge."""
    data = refund.data
    previous = {"status": data["status"]}
    charge = context.find("charge", data["charge"])
    data.pop("pending_reason", None)
    data |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    data["failure_balance_transaction"] = _book(context, refund, data["amount"], "refund_failure")
    _count(context, charge, -data["amount"])
    updated(context, refund, previous)
    context.emit("refund.failed", data)
    fraud_warnings.follow(context, charge)


def cancel(context: Context, refund: Entity) -> None:
    """Cancel a pending refund. Raises `StripeError` for others."""
    if refund.data["status"] not in ("pending", "requires_action"):
        message = f"Refund {refund.id} has a status of {refund.data['status']} and cannot be canceled."
        raise invalid_request(message, stored=True)
    previous = {"status": refund.data["status"]}
    refund.data["status"] = "canceled"
    refund.data.pop("pending_reason", None)
    context.schedule(refund, None)
    charge = context.find("charge", refund.data["charge"])
    _count(context, charge, -refund.data["amount"])
    updated(context, refund, previous)
    fraud_warnings.follow(context, charge)


def updated(context: Context, refund: Entity, previous: JSON) -> None:
    """Emit both events that Stripe sends for a changed refund."""
    context.save(refund)
    context.emit("refund.updated", refund.data, previous)
    context.emit("charge.refund.updated", refund.data, previous)
