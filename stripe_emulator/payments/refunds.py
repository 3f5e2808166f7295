"""Refunds: full, partial, pending, failing ("Refund and cancel payments", "Testing: Refunds")."""

from __future__ import annotations

from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.money import display
from stripe_emulator.objects.balance_transaction import new_balance_transaction
from stripe_emulator.objects.refund import new_refund
from stripe_emulator.payments import fraud_warnings, methods
from stripe_emulator.work import Work


def create(work: Work, charge: Entity, params: JSON) -> Entity:
    """Give money back. Raises `StripeError` if there is not that much left."""
    left = _refundable(charge)
    amount = params.get("amount", left)
    _check(charge, amount, left)
    behaviour = _behaviour(work, charge)
    status = (
        "pending" if behaviour == "pending" or charge.data["payment_method_details"]["type"] != "card" else "succeeded"
    )
    data = new_refund(charge.data, amount, params, work.now(), status=status)
    refund = work.add("refund", data, {"behaviour": behaviour})
    data["balance_transaction"] = _book(work, refund, -amount, "refund")
    previous = {name: charge.data[name] for name in ("amount_refunded", "refunded")}
    _count(work, charge, amount)
    work.emit("refund.created", data)
    work.emit("charge.refunded", charge.data, previous)
    fraud_warnings.follow(work, charge)
    work.schedule(refund, work.emulator.clock.now() + work.emulator.config.settle_after)
    return refund


def _refundable(charge: Entity) -> int:
    return int(charge.data["amount_captured"] - _already(charge))


def _already(charge: Entity) -> int:
    """What refunds took, without what a partial capture released."""
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


def _behaviour(work: Work, charge: Entity) -> str | None:
    method = work.get("payment_method", charge.data["payment_method"])
    return methods.card_of(method).refund if method and method.data["type"] == "card" else None


def _book(work: Work, refund: Entity, amount: int, kind: str) -> str:
    transaction = new_balance_transaction(kind, refund.id, amount, refund.data["currency"], work.now(), available_in=0)
    work.add("balance_transaction", transaction)
    return str(transaction["id"])


def _count(work: Work, charge: Entity, amount: int) -> None:
    data = charge.data
    data["amount_refunded"] += amount
    data["refunded"] = data["amount_refunded"] >= data["amount"]
    work.save(charge)


def settle(work: Work, refund: Entity) -> None:
    """The bank has answered: pending ones succeed, some fail, all get their reference number."""
    data = refund.data
    if data["status"] not in ("pending", "succeeded"):
        return
    if refund.private["behaviour"] == "fails":
        fail(work, refund)
        return
    previous: JSON = {"status": data["status"]} if data["status"] == "pending" else {}
    data["status"] = "succeeded"
    details = data["destination_details"]
    if details and "card" in details:
        previous["destination_details"] = details
        card = {**details["card"], "reference": "7" + refund.id[-10:], "reference_status": "available"}
        data["destination_details"] = {**details, "card": card}
    updated(work, refund, previous)


def fail(work: Work, refund: Entity) -> None:
    """The money came back: the charge counts as not refunded any more."""
    data = refund.data
    previous = {"status": data["status"]}
    charge = work.find("charge", data["charge"])
    data |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    data["failure_balance_transaction"] = _book(work, refund, data["amount"], "refund_failure")
    _count(work, charge, -data["amount"])
    updated(work, refund, previous)
    work.emit("refund.failed", data)
    fraud_warnings.follow(work, charge)


def cancel(work: Work, refund: Entity) -> None:
    """Only refunds that wait for something can be canceled."""
    if refund.data["status"] not in ("pending", "requires_action"):
        message = f"Refund {refund.id} has a status of {refund.data['status']} and cannot be canceled."
        raise invalid_request(message, stored=True)
    previous = {"status": refund.data["status"]}
    refund.data["status"] = "canceled"
    work.schedule(refund, None)
    charge = work.find("charge", refund.data["charge"])
    _count(work, charge, -refund.data["amount"])
    updated(work, refund, previous)
    fraud_warnings.follow(work, charge)


def updated(work: Work, refund: Entity, previous: JSON) -> None:
    """Both names that Stripe sends for it."""
    work.save(refund)
    work.emit("refund.updated", refund.data, previous)
    work.emit("charge.refund.updated", refund.data, previous)
