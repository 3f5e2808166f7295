"""Disputes: opened by special cards, won or lost by their evidence ("Testing: Disputes")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.balance_transaction import new_balance_transaction
from stripe_emulator.objects.dispute import new_dispute
from stripe_emulator.payments import fraud_warnings
from stripe_emulator.storage.entity import Entity

#: The dispute fee, in minor units.
_FEE = 1500
OVER = ("won", "lost", "warning_closed")
#: Statuses in which the buyer's bank has the money.
_TAKEN = ("needs_response", "under_review", "lost")


def open_disputes(context: Context, charge: Entity, reason: str, count: int = 1) -> None:
    """Open `count` disputes that add up to the charge, for example one for each item."""
    share, rest = divmod(charge.data["amount"], count)
    for number in range(count):
        if amount := share + (number < rest):
            _open(context, charge, reason, amount)
    fraud_warnings.follow(context, charge)


def _open(context: Context, charge: Entity, reason: str, amount: int) -> None:
    """Open one dispute. An `inquiry` withdraws no money."""
    inquiry = reason == "inquiry"
    status = "warning_needs_response" if inquiry else "needs_response"
    data = new_dispute(charge.data, amount, "fraudulent" if inquiry else reason, status, context.now())
    dispute = context.add("dispute", data, due=data["evidence_details"]["due_by"])
    charge.data["disputed"] = True
    charge.private["charged_back"] = not inquiry
    context.save(charge)
    context.emit("charge.dispute.created", data)
    if not inquiry:
        _move(context, dispute, -amount, _FEE, "charge.dispute.funds_withdrawn")


def _move(context: Context, dispute: Entity, amount: int, fee: int, event: str) -> None:
    data = dispute.data
    transaction = new_balance_transaction(
        "adjustment", dispute.id, amount, data["currency"], context.now(), fee=fee, available_in=0
    )
    context.add("balance_transaction", transaction)
    data["balance_transactions"] = [*data["balance_transactions"], transaction]
    context.save(dispute)
    context.emit(event, data)


def submit(context: Context, dispute: Entity) -> None:
    """Submit the evidence. The texts `winning_evidence` and `losing_evidence` decide; others stay under review."""
    text = dispute.data["evidence"]["uncategorized_text"] or ""
    inquiry = dispute.data["status"].startswith("warning")
    before = dispute.data["status"]
    dispute.data["evidence_details"] = {
        **dispute.data["evidence_details"],
        "submission_count": dispute.data["evidence_details"]["submission_count"] + 1,
        "submission_method": "manual",
    }
    dispute.data["status"] = "warning_under_review" if inquiry else "under_review"
    context.save(dispute)
    context.emit("charge.dispute.updated", dispute.data, {"status": before})
    if text == "escalate_inquiry_evidence" and inquiry:
        escalate(context, dispute)
    elif text == "winning_evidence":
        win(context, dispute)
    elif text == "losing_evidence":
        lose(context, dispute)


def escalate(context: Context, dispute: Entity) -> None:
    """Turn an inquiry into a chargeback."""
    dispute.data |= {"status": "needs_response", "is_charge_refundable": False}
    charge = context.find("charge", dispute.data["charge"])
    charge.private["charged_back"] = True
    context.save(charge)
    _move(context, dispute, -dispute.data["amount"], _FEE, "charge.dispute.funds_withdrawn")
    context.emit("charge.dispute.updated", dispute.data, {"status": "warning_under_review"})


def run_out(context: Context, dispute: Entity) -> None:
    """Close a dispute that nobody responded to in time: a chargeback is lost, an inquiry ends."""
    if dispute.data["status"] not in ("needs_response", "warning_needs_response"):
        return
    dispute.data["evidence_details"] = {**dispute.data["evidence_details"], "past_due": True}
    before = dispute.data["status"]
    dispute.data["status"] = "warning_closed" if before.startswith("warning") else "lost"
    _close(context, dispute, before)


def win(context: Context, dispute: Entity) -> None:
    """Close the dispute in the merchant's favor."""
    inquiry = dispute.data["status"].startswith("warning")
    before = dispute.data["status"]
    dispute.data["status"] = "warning_closed" if inquiry else "won"
    if not inquiry:
        charge = context.find("charge", dispute.data["charge"])
        others = context.emulator.store.linked("dispute", "charge", charge.id)
        charge.private["charged_back"] = any(each.data["status"] in _TAKEN for each in others if each.id != dispute.id)
        context.save(charge)
        _move(context, dispute, dispute.data["amount"], -_FEE, "charge.dispute.funds_reinstated")
    _close(context, dispute, before)


def lose(context: Context, dispute: Entity) -> None:
    """Close the dispute in the buyer's favor."""
    before = dispute.data["status"]
    dispute.data["status"] = "lost"
    _close(context, dispute, before)


def _close(context: Context, dispute: Entity, before: str) -> None:
    context.save(dispute)
    previous: JSON = {"status": before}
    context.emit("charge.dispute.closed", dispute.data, previous)
