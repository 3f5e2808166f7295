"""`/v1/disputes`."""

from typing import Any

import pytest
import stripe

from support.running import Running

FRAUDULENT, NOT_RECEIVED, INQUIRY = "4000000000000259", "4000000000002685", "4000000000001976"
MULTIPLE = "4000000404000079"


def disputed(emulator: Running, card: str) -> stripe.Dispute:
    intent = emulator.paid(card).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return emulator.client().v1.disputes.list({"payment_intent": intent.id}).data[0]


@pytest.mark.parametrize(("card", "reason"), [(FRAUDULENT, "fraudulent"), (NOT_RECEIVED, "product_not_received")])
def test_a_dispute_withdraws_the_funds(emulator: Running, card: str, reason: str) -> None:
    dispute = disputed(emulator, card)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", reason, 2000)
    assert [(each.amount, each.fee) for each in dispute.balance_transactions] == [(-2000, 1500)]
    assert emulator.client().v1.charges.retrieve(str(dispute.charge)).disputed is True
    events = emulator.events()
    assert "charge.dispute.created" in events
    assert "charge.dispute.funds_withdrawn" in events


def test_an_inquiry_withdraws_no_funds(emulator: Running) -> None:
    dispute = disputed(emulator, INQUIRY)
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    assert "charge.dispute.funds_withdrawn" not in emulator.events()


@pytest.mark.parametrize(("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_decides_a_dispute(emulator: Running, text: str, status: str) -> None:
    dispute = disputed(emulator, FRAUDULENT)
    client = emulator.client()
    closed = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    assert (closed.status, closed.evidence.uncategorized_text) == (status, text)
    assert closed.evidence_details.submission_count == 1
    events = emulator.events()
    assert events[-1] == "charge.dispute.closed"
    assert ("charge.dispute.funds_reinstated" in events) is (status == "won")
    assert sum(each.net for each in closed.balance_transactions) == (0 if status == "won" else -3500)


def test_other_evidence_is_under_review(emulator: Running) -> None:
    dispute = disputed(emulator, FRAUDULENT)
    client = emulator.client()
    draft = client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Jenny"}, "submit": False})
    assert (draft.status, draft.evidence_details.has_evidence) == ("needs_response", True)
    sent = client.v1.disputes.update(dispute.id, {"evidence": {"product_description": "A shirt"}})
    assert (sent.status, sent.evidence.customer_name) == ("under_review", "Jenny")


def test_closing_a_dispute_loses_it(emulator: Running) -> None:
    dispute = disputed(emulator, FRAUDULENT)
    client = emulator.client()
    assert client.v1.disputes.close(dispute.id).status == "lost"
    assert client.v1.events.list({"type": "charge.dispute.closed"}).data[0].data.object["status"] == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute.id)


def test_an_inquiry_is_escalated_or_closed(emulator: Running) -> None:
    client = emulator.client()
    evidence: Any = {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    escalated = client.v1.disputes.update(disputed(emulator, INQUIRY).id, evidence)
    assert (escalated.status, len(escalated.balance_transactions)) == ("needs_response", 1)
    won = client.v1.disputes.update(
        disputed(emulator, INQUIRY).id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert won.status == "warning_closed"


def test_a_disputes_metadata_can_be_updated(emulator: Running) -> None:
    dispute = disputed(emulator, FRAUDULENT)
    updated = emulator.client().v1.disputes.update(dispute.id, {"metadata": {"case": "1"}})
    assert updated.metadata.to_dict() == {"case": "1"}
    assert emulator.events()[-1] == "charge.dispute.updated"


def test_a_charged_back_charge_can_not_be_refunded(emulator: Running) -> None:
    dispute = disputed(emulator, FRAUDULENT)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.refunds.create({"charge": str(dispute.charge)})
    assert caught.value.code == "charge_disputed"
    inquiry = disputed(emulator, INQUIRY)
    assert emulator.client().v1.refunds.create({"charge": str(inquiry.charge)}).status == "succeeded"


def both(emulator: Running) -> list[stripe.Dispute]:
    intent = emulator.paid(MULTIPLE).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return emulator.client().v1.disputes.list({"payment_intent": intent.id}).data


def test_a_charge_can_be_disputed_twice(emulator: Running) -> None:
    first, second = both(emulator)
    assert first.charge == second.charge
    assert (first.status, second.status) == ("needs_response", "needs_response")
    assert first.amount + second.amount == 2000
    assert [each.amount for dispute in (first, second) for each in dispute.balance_transactions] == [-1000, -1000]
    assert emulator.events(type="charge.dispute.created") == ["charge.dispute.created"] * 2


def test_winning_both_disputes_allows_a_refund(emulator: Running) -> None:
    client = emulator.client()
    evidence: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    first, second = both(emulator)
    client.v1.disputes.update(first.id, evidence)
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        client.v1.refunds.create({"charge": str(first.charge)})
    client.v1.disputes.update(second.id, evidence)
    assert client.v1.refunds.create({"charge": str(first.charge)}).amount == 2000
