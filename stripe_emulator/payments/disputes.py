"""Disputes: opened by special cards, won or lost by their evidence ("Testing: Disputes")."""

from __future__ import annotations

from stripe_emulator.entity import Entity
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.balance_transaction import new_balance_transaction
from stripe_emulator.objects.dispute import new_dispute
from stripe_emulator.payments import fraud_warnings
from stripe_emulator.work import Work

#: What a dispute costs, in minor units.
_FEE = 1500
OVER = ("won", "lost", "warning_closed")
#: While the money is with the buyer's bank.
_TAKEN = ("needs_response", "under_review", "lost")


def open_disputes(work: Work, charge: Entity, reason: str, count: int = 1) -> None:
    """The buyer's bank disputes the charge, in `count` parts that add up to it (one for each item, say)."""
    share, rest = divmod(charge.data["amount"], count)
    for number in range(count):
        if amount := share + (number < rest):
            _open(work, charge, reason, amount)
    fraud_warnings.follow(work, charge)


def _open(work: Work, charge: Entity, reason: str, amount: int) -> None:
    """`inquiry` is the milder form that takes no money."""
    inquiry = reason == "inquiry"
    status = "warning_needs_response" if inquiry else "needs_response"
    data = new_dispute(charge.data, amount, "fraudulent" if inquiry else reason, status, work.now())
    dispute = work.add("dispute", data)
    charge.data["disputed"] = True
    charge.private["charged_back"] = not inquiry
    work.save(charge)
    work.emit("charge.dispute.created", data)
    if not inquiry:
        _move(work, dispute, -amount, _FEE, "charge.dispute.funds_withdrawn")


def _move(work: Work, dispute: Entity, amount: int, fee: int, event: str) -> None:
    data = dispute.data
    transaction = new_balance_transaction(
        "adjustment", dispute.id, amount, data["currency"], work.now(), fee=fee, available_in=0
    )
    work.add("balance_transaction", transaction)
    data["balance_transactions"] = [*data["balance_transactions"], transaction]
    work.save(dispute)
    work.emit(event, data)


def submit(work: Work, dispute: Entity) -> None:
    """Evidence was sent in. `winning_evidence` and `losing_evidence` as its text decide, anything else waits."""
    text = dispute.data["evidence"]["uncategorized_text"] or ""
    inquiry = dispute.data["status"].startswith("warning")
    before = dispute.data["status"]
    dispute.data["evidence_details"] = {
        **dispute.data["evidence_details"],
        "submission_count": dispute.data["evidence_details"]["submission_count"] + 1,
        "submission_method": "manual",
    }
    dispute.data["status"] = "warning_under_review" if inquiry else "under_review"
    work.save(dispute)
    work.emit("charge.dispute.updated", dispute.data, {"status": before})
    if text == "escalate_inquiry_evidence" and inquiry:
        escalate(work, dispute)
    elif text == "winning_evidence":
        win(work, dispute)
    elif text == "losing_evidence":
        lose(work, dispute)


def escalate(work: Work, dispute: Entity) -> None:
    """The inquiry becomes a chargeback."""
    dispute.data |= {"status": "needs_response", "is_charge_refundable": False}
    charge = work.find("charge", dispute.data["charge"])
    charge.private["charged_back"] = True
    work.save(charge)
    _move(work, dispute, -dispute.data["amount"], _FEE, "charge.dispute.funds_withdrawn")
    work.emit("charge.dispute.updated", dispute.data, {"status": "warning_under_review"})


def win(work: Work, dispute: Entity) -> None:
    """The bank sided with the merchant."""
    inquiry = dispute.data["status"].startswith("warning")
    before = dispute.data["status"]
    dispute.data["status"] = "warning_closed" if inquiry else "won"
    if not inquiry:
        charge = work.find("charge", dispute.data["charge"])
        others = work.emulator.store.linked("dispute", "charge", charge.id)
        charge.private["charged_back"] = any(each.data["status"] in _TAKEN for each in others if each.id != dispute.id)
        work.save(charge)
        _move(work, dispute, dispute.data["amount"], -_FEE, "charge.dispute.funds_reinstated")
    _close(work, dispute, before)


def lose(work: Work, dispute: Entity) -> None:
    """The bank sided with the buyer, or the merchant gave in."""
    before = dispute.data["status"]
    dispute.data["status"] = "lost"
    _close(work, dispute, before)


def _close(work: Work, dispute: Entity, before: str) -> None:
    work.save(dispute)
    previous: JSON = {"status": before}
    work.emit("charge.dispute.closed", dispute.data, previous)
