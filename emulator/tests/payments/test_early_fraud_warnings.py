"""`/v1/radar/early_fraud_warnings`."""

from typing import Any

import pytest
import stripe

from support.receiver import Receiver
from support.running import Running

WARNED = "4000000000005423"
CREATED, UPDATED = "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"


def warned(emulator: Running, card: str = WARNED) -> stripe.radar.EarlyFraudWarning:
    intent = emulator.paid(card).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return emulator.client().v1.radar.early_fraud_warnings.list({"payment_intent": intent.id}).data[0]


def actionable(emulator: Running, warning: stripe.radar.EarlyFraudWarning) -> bool:
    return emulator.client().v1.radar.early_fraud_warnings.retrieve(warning.id).actionable


def test_a_warning_follows_a_successful_charge(emulator: Running, receiver: Receiver) -> None:
    warning = warned(emulator)
    assert (warning.actionable, warning.fraud_type) == (True, "unauthorized_use_of_card")
    event = receiver.wait_for(CREATED)
    assert event.data.object["id"] == warning.id
    charge = emulator.client().v1.charges.retrieve(str(warning.charge))
    assert (charge.status, charge.disputed, charge.payment_intent) == ("succeeded", False, warning.payment_intent)


def test_a_warning_is_found_by_id_and_charge(emulator: Running) -> None:
    warning = warned(emulator)
    warned(emulator)
    warnings = emulator.client().v1.radar.early_fraud_warnings
    assert [each.id for each in warnings.list({"charge": str(warning.charge)}).data] == [warning.id]
    assert len(warnings.list().data) == 2
    charge = warnings.retrieve(warning.id, {"expand": ["charge"]}).charge
    assert isinstance(charge, stripe.Charge)
    assert charge.id == warning.charge
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        warnings.retrieve("issfr_none")


def test_the_test_payment_method_creates_a_warning(emulator: Running) -> None:
    client = emulator.client()
    params: Any = {
        "amount": 1000,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_createIssuerFraudRecord",
        "payment_method_types": ["card"],
    }
    intent = client.v1.payment_intents.create(params)
    assert intent.status == "succeeded"
    assert client.v1.radar.early_fraud_warnings.list().data[0].charge == intent.latest_charge


def test_a_full_refund_ends_the_warning(emulator: Running) -> None:
    warning = warned(emulator)
    client = emulator.client()
    client.v1.refunds.create({"charge": str(warning.charge), "amount": 500})
    assert actionable(emulator, warning)
    assert UPDATED not in emulator.events()
    client.v1.refunds.create({"charge": str(warning.charge)})
    assert not actionable(emulator, warning)
    assert client.v1.events.list({"type": UPDATED}).data[0].data.to_dict()["previous_attributes"] == {
        "actionable": True
    }


def test_a_dispute_ends_the_warning(emulator: Running) -> None:
    warning = warned(emulator)
    emulator.post("/_emulator/actions/dispute", {"id": str(warning.charge)}, Origin=emulator.url)
    assert emulator.client().v1.charges.retrieve(str(warning.charge)).disputed
    assert not actionable(emulator, warning)


def test_other_cards_create_no_warning(emulator: Running) -> None:
    emulator.paid()
    assert emulator.client().v1.radar.early_fraud_warnings.list().data == []
