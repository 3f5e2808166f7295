"""`/v1/refunds`."""

import pytest
import stripe

from support.running import Running


def paid_intent(emulator: Running, card: str = "4242424242424242") -> stripe.PaymentIntent:
    intent = emulator.paid(card).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return intent


def charge_of(emulator: Running, intent: stripe.PaymentIntent) -> stripe.Charge:
    return emulator.client().v1.charges.retrieve(str(intent.latest_charge), {"expand": ["refunds"]})


def test_a_full_refund_returns_everything(emulator: Running) -> None:
    intent = paid_intent(emulator)
    refund = emulator.client().v1.refunds.create(
        {"payment_intent": intent.id, "reason": "requested_by_customer", "metadata": {"a": "b"}}
    )
    assert (refund.status, refund.amount, refund.reason) == ("succeeded", 2000, "requested_by_customer")
    assert (refund.payment_intent, refund.charge) == (intent.id, intent.latest_charge)
    charge = charge_of(emulator, intent)
    assert (charge.refunded, charge.amount_refunded) == (True, 2000)
    assert charge.refunds
    assert [each.id for each in charge.refunds.data] == [refund.id]
    assert emulator.events()[-2:] == ["refund.created", "charge.refunded"]
    transaction = emulator.client().v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (transaction.amount, transaction.type, transaction.source) == (-2000, "refund", refund.id)


def test_partial_refunds_can_not_exceed_the_charge(emulator: Running) -> None:
    client = emulator.client()
    intent = paid_intent(emulator)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert charge_of(emulator, intent).refunded is False
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1501})
    assert "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)" in str(caught.value)
    assert caught.value.param == "amount"
    client.v1.refunds.create({"charge": str(intent.latest_charge)})
    charge = charge_of(emulator, intent)
    assert (charge.refunded, charge.amount_refunded) == (True, 2000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    amounts = [refund.amount for refund in client.v1.refunds.list({"payment_intent": intent.id}).data]
    assert amounts == [1500, 500]


def test_the_event_has_the_previously_refunded_amount(emulator: Running) -> None:
    client = emulator.client()
    intent = paid_intent(emulator)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    client.v1.refunds.create({"payment_intent": intent.id})
    event = client.v1.events.list({"type": "charge.refunded"}).data[0]
    assert event.data.object["amount_refunded"] == 2000
    assert event.data.previous_attributes
    assert event.data.previous_attributes.to_dict() == {"amount_refunded": 500, "refunded": False}


def test_only_the_captured_part_can_be_refunded(emulator: Running) -> None:
    client = emulator.client()
    session = emulator.paid(payment_intent_data={"capture_method": "manual"})
    intent = session.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1501})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 1500


def test_a_refund_gets_its_reference_number_later(emulator: Running) -> None:
    client = emulator.client()
    refund = client.v1.refunds.create({"payment_intent": paid_intent(emulator).id})
    emulator.advance(61)
    seen = client.v1.refunds.retrieve(refund.id)
    assert seen.destination_details
    assert seen.destination_details.card
    assert seen.destination_details.card.reference_status == "available"
    assert emulator.events()[-2:] == ["refund.updated", "charge.refund.updated"]


def test_a_refund_to_a_bank_account_is_a_transfer(emulator: Running) -> None:
    session = emulator.session(payment_method_types=["us_bank_account"])
    account = {"account-number": "000123456789", "routing-number": "110000000", "account-name": "Jenny"}
    emulator.confirm(session, method="us_bank_account", **account)
    emulator.advance(61)
    client = emulator.client().v1
    intent = client.checkout.sessions.retrieve(session.id).payment_intent
    refund = client.refunds.create({"payment_intent": str(intent)})
    assert refund.destination_details
    assert refund.destination_details.to_dict() == {
        "type": "us_bank_transfer",
        "us_bank_transfer": {"reference": None, "reference_status": "pending"},
    }
    emulator.advance(61)
    seen = client.refunds.retrieve(refund.id).destination_details
    assert seen
    assert seen.us_bank_transfer
    assert seen.us_bank_transfer.reference
    assert seen.us_bank_transfer.reference_status == "available"


def test_a_pending_refund_succeeds_later(emulator: Running) -> None:
    client = emulator.client()
    refund = client.v1.refunds.create({"payment_intent": paid_intent(emulator, "4000000000007726").id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    emulator.advance(61)
    done = client.v1.refunds.retrieve(refund.id)
    assert (done.status, "pending_reason" in done) == ("succeeded", False)
    event = client.v1.events.list({"type": "refund.updated"}).data[0]
    assert event.data.previous_attributes
    assert event.data.previous_attributes["status"] == "pending"


def test_a_refund_to_a_bank_account_may_have_a_description(emulator: Running) -> None:
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 1}])
    fields = {"method": "sepa_debit", "account-name": "Jenny Rosen", "iban": "AT611904300234573201"}
    emulator.confirm(session, **fields)
    emulator.advance(61)
    (charge,) = emulator.client().v1.charges.list().data
    refund = emulator.client().v1.refunds.create({"charge": charge.id})
    assert (refund.status, refund.description) == ("pending", None)
    card = emulator.client().v1.refunds.create({"payment_intent": paid_intent(emulator).id})
    assert "description" not in card


def test_a_failed_refund_restores_the_charge(emulator: Running) -> None:
    client = emulator.client()
    intent = paid_intent(emulator, "4000000000005126")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    emulator.advance(61)
    seen = client.v1.refunds.retrieve(refund.id)
    assert (seen.status, seen.failure_reason) == ("failed", "expired_or_canceled_card")
    assert str(seen.failure_balance_transaction).startswith("txn_")
    assert charge_of(emulator, intent).amount_refunded == 0
    assert emulator.events()[-3:] == ["refund.updated", "charge.refund.updated", "refund.failed"]


def test_a_pending_refund_can_be_canceled(emulator: Running) -> None:
    client = emulator.client()
    intent = paid_intent(emulator, "4000000000007726")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert client.v1.refunds.cancel(refund.id).status == "canceled"
    emulator.advance(61)
    assert client.v1.refunds.retrieve(refund.id).status == "canceled"
    assert charge_of(emulator, intent).amount_refunded == 0
    done = client.v1.refunds.create({"payment_intent": paid_intent(emulator).id})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        client.v1.refunds.cancel(done.id)


def test_a_refunds_metadata_can_be_updated(emulator: Running) -> None:
    client = emulator.client()
    refund = client.v1.refunds.create({"payment_intent": paid_intent(emulator).id})
    updated = client.v1.refunds.update(refund.id, {"metadata": {"order": "1"}})
    assert updated.metadata
    assert updated.metadata.to_dict() == {"order": "1"}
    assert emulator.events()[-2:] == ["refund.updated", "charge.refund.updated"]


def test_an_unpaid_intent_can_not_be_refunded(emulator: Running) -> None:
    client = emulator.client()
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
        client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        client.v1.refunds.create({})


def test_an_idempotency_key_refunds_once(emulator: Running) -> None:
    client = emulator.client()
    intent = paid_intent(emulator)
    first, second = (
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 500}, {"idempotency_key": "refund-1"})
        for _ in range(2)
    )
    assert first.id == second.id
    assert charge_of(emulator, intent).amount_refunded == 500
