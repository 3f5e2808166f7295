"""`/v1/payment_intents` and `/v1/charges`."""

from typing import Any

import pytest
import stripe

from support.running import Running

INTENT: dict[str, Any] = {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]}


def create(emulator: Running, **more: Any) -> stripe.PaymentIntent:
    params: Any = {**INTENT, **more}
    return emulator.client().v1.payment_intents.create(params)


def test_an_intent_is_created_updated_and_confirmed(emulator: Running) -> None:
    client = emulator.client()
    intent = create(emulator, metadata={"a": "1"})
    assert (intent.status, intent.payment_method, intent.latest_charge) == ("requires_payment_method", None, None)
    updated = client.v1.payment_intents.update(intent.id, {"amount": 2500, "metadata": {"b": "2"}})
    assert (updated.amount, updated.metadata.to_dict()) == (2500, {"a": "1", "b": "2"})
    with_card = client.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert with_card.status == "requires_confirmation"
    confirmed = client.v1.payment_intents.confirm(intent.id)
    assert (confirmed.status, confirmed.amount_received) == ("succeeded", 2500)
    assert emulator.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_immediate_capture_has_its_balance_transaction(emulator: Running) -> None:
    create(emulator, confirm=True, payment_method="pm_card_visa", capture_method="automatic")
    event = emulator.client().v1.events.list({"type": "charge.succeeded"}).data[0]
    assert event.data.object["balance_transaction"].startswith("txn_")
    assert "charge.updated" not in emulator.events()


def test_async_capture_adds_the_balance_transaction_later(emulator: Running) -> None:
    create(emulator, confirm=True, payment_method="pm_card_visa")
    events = {event.type: event for event in emulator.client().v1.events.list().data}
    assert events["charge.succeeded"].data.object["balance_transaction"] is None
    assert events["charge.updated"].data.object["balance_transaction"].startswith("txn_")
    assert events["charge.updated"].data.previous_attributes
    assert events["charge.updated"].data.previous_attributes.to_dict() == {"balance_transaction": None}


def test_a_decline_is_a_402_with_the_intent(emulator: Running) -> None:
    with pytest.raises(stripe.CardError) as caught:
        create(emulator, confirm=True, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds")
    error = caught.value
    assert error.http_status == 402
    assert (error.code, error.user_message) == ("card_declined", "Your card has insufficient funds.")
    assert isinstance(error.json_body, dict)
    body = error.json_body["error"]
    assert body["decline_code"] == "insufficient_funds"
    assert body["payment_intent"]["status"] == "requires_payment_method"
    assert body["payment_intent"]["last_payment_error"]["charge"] == body["charge"]
    assert body["payment_method"]["card"]["last4"] == "9995"
    charge = emulator.client().v1.charges.retrieve(body["charge"])
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", "card_declined", False)
    assert charge.outcome
    assert (charge.outcome.type, charge.outcome.network_status) == ("issuer_declined", "declined_by_network")


def test_authentication_redirects_to_the_page_and_back(emulator: Running) -> None:
    intent = create(
        emulator, confirm=True, payment_method="pm_card_threeDSecure2Required", return_url="https://shop.test/back?a=1"
    )
    assert intent.status == "requires_action"
    assert intent.next_action
    assert intent.next_action.redirect_to_url
    page = intent.next_action.redirect_to_url.url
    assert page
    assert page == f"{emulator.url}/c/pay/intent/{intent.id}"
    answer = emulator.post(page.removeprefix(emulator.url), {"outcome": "complete"})
    assert answer.headers["Location"].startswith(f"https://shop.test/back?a=1&payment_intent={intent.id}&")
    assert "redirect_status=succeeded" in answer.headers["Location"]
    assert emulator.client().v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_without_return_url_stripe_js_handles_the_action(emulator: Running) -> None:
    intent = create(emulator, confirm=True, payment_method="pm_card_authenticationRequired")
    assert intent.next_action
    assert intent.next_action.type == "use_stripe_sdk"


def test_off_session_authentication_is_declined(emulator: Running) -> None:
    with pytest.raises(stripe.CardError) as caught:
        create(emulator, confirm=True, payment_method="pm_card_authenticationRequired", off_session=True)
    assert caught.value.json_body["error"]["decline_code"] == "authentication_required"  # type: ignore[index]
    set_up = create(emulator, confirm=True, payment_method="pm_card_authenticationRequiredOnSetup", off_session=True)
    assert set_up.status == "succeeded"


def test_optional_authentication_is_done_on_request(emulator: Running) -> None:
    assert create(emulator, confirm=True, payment_method="pm_card_threeDSecureOptional").status == "succeeded"
    requested = create(
        emulator,
        confirm=True,
        payment_method="pm_card_threeDSecureOptional",
        payment_method_options={"card": {"request_three_d_secure": "any"}},
    )
    assert requested.status == "requires_action"


def test_a_required_action_can_be_an_error(emulator: Running) -> None:
    with pytest.raises(stripe.CardError, match="requires authentication"):
        create(emulator, confirm=True, payment_method="pm_card_authenticationRequired", error_on_requires_action=True)
    assert emulator.events() == []


def test_an_authorization_is_captured_or_canceled(emulator: Running) -> None:
    client = emulator.client()
    held = create(emulator, confirm=True, payment_method="pm_card_visa", capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 2000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the amount you can capture"):
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2001})
    captured = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 500})
    assert (captured.status, captured.amount_received) == ("succeeded", 500)
    other = create(emulator, confirm=True, payment_method="pm_card_visa", capture_method="manual")
    canceled = client.v1.payment_intents.cancel(other.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason, canceled.amount_capturable) == ("canceled", "abandoned", 0)
    assert client.v1.charges.retrieve(str(other.latest_charge)).refunded is True
    assert emulator.events()[-2:] == ["charge.refunded", "payment_intent.canceled"]


@pytest.mark.parametrize("action", ["confirm", "capture", "cancel"])
def test_a_final_intent_can_not_change(emulator: Running, action: str) -> None:
    intent = create(emulator, confirm=True, payment_method="pm_card_visa")
    answer = emulator.api("POST", f"/v1/payment_intents/{intent.id}/{action}")
    assert answer.status == 400
    assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert answer.json()["error"]["payment_intent"]["id"] == intent.id


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"amount": "ten"}, "amount", "parameter_invalid_integer"),
        ({"currency": "abc"}, "currency", None),
        ({"payment_method": "pm_none"}, "payment_method", "resource_missing"),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({"return_url": "https://shop.test"}, "return_url", None),
        ({"capture_method": "later"}, "capture_method", None),
        ({"transfer_data": {"destination": "acct_1"}}, "transfer_data", None),
    ],
)
def test_invalid_parameters_are_refused(
    emulator: Running, params: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(emulator, **params)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_payment_method_must_have_an_allowed_type(emulator: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="not allowed for this PaymentIntent"):
        create(emulator, confirm=True, payment_method="pm_card_visa", payment_method_types=["us_bank_account"])


def test_an_open_sessions_intent_can_not_be_canceled(emulator: Running) -> None:
    session = emulator.session()
    emulator.confirm(session, **{"card-number": "4000000000000002"})
    intent = emulator.client().v1.payment_intents.list().data[0]
    with pytest.raises(stripe.InvalidRequestError, match="belongs to an open Checkout Session"):
        emulator.client().v1.payment_intents.cancel(intent.id)


def test_a_charge_can_be_created_directly(emulator: Running) -> None:
    client = emulator.client()
    charge = client.v1.charges.create({"amount": 700, "currency": "usd", "source": "tok_visa", "capture": False})
    assert (charge.paid, charge.captured) == (True, False)
    assert client.v1.charges.capture(charge.id).captured is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.charges.capture(charge.id)
    assert caught.value.code == "charge_already_captured"
    updated = client.v1.charges.update(charge.id, {"description": "new", "metadata": {"a": "b"}})
    assert updated.description == "new"
    with pytest.raises(stripe.CardError):
        client.v1.charges.create({"amount": 700, "currency": "usd", "source": "tok_chargeDeclined"})
    assert len(client.v1.charges.list({"payment_intent": str(charge.payment_intent)}).data) == 1


def test_a_bank_transfer_can_arrive_in_parts(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({})
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}
    intent = create(
        emulator,
        amount=20000,
        currency="jpy",
        customer=customer.id,
        payment_method_types=["customer_balance"],
        payment_method_data={"type": "customer_balance"},
        payment_method_options={"customer_balance": transfer},
        confirm=True,
    )
    assert intent.status == "requires_action"
    client.v1.test_helpers.customers.fund_cash_balance(customer.id, {"amount": 15000, "currency": "jpy"})
    seen = client.v1.payment_intents.retrieve(intent.id)
    assert seen.next_action
    assert seen.next_action.display_bank_transfer_instructions
    assert seen.next_action.display_bank_transfer_instructions.amount_remaining == 5000
    client.v1.test_helpers.customers.fund_cash_balance(customer.id, {"amount": 6000, "currency": "jpy"})
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    events = emulator.events()
    assert events.count("payment_intent.partially_funded") == 1
    assert events[-1] == "cash_balance.funds_available"


def test_manual_confirmation_follows_authentication(emulator: Running) -> None:
    client = emulator.client().v1.payment_intents
    params: Any = {"amount": 500, "currency": "usd", "confirm": True, "confirmation_method": "manual"}
    params |= {"payment_method": "pm_card_threeDSecure2Required", "use_stripe_sdk": True}
    params |= {"return_url": "https://shop.test/back"}
    intent = client.create(params)
    assert intent.next_action
    assert intent.next_action.type == "use_stripe_sdk"
    emulator.post(f"/c/pay/intent/{intent.id}", {"outcome": "complete"})
    assert client.retrieve(intent.id).status == "requires_confirmation"
    assert client.confirm(intent.id).status == "succeeded"


def test_payment_methods_are_limited_at_confirmation(emulator: Running) -> None:
    client = emulator.client().v1.payment_intents
    for limit in ({"excluded_payment_method_types": ["card"]}, {"allowed_payment_method_types": ["us_bank_account"]}):
        params: Any = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa", **limit}
        params |= {"return_url": "https://shop.test/back"}
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.create(params)
        assert caught.value.param == "payment_method"


def test_the_amount_to_confirm_must_match(emulator: Running) -> None:
    client = emulator.client().v1.payment_intents
    intent = client.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.confirm(intent.id, {"amount_to_confirm": 400, "return_url": "https://shop.test/back"})
    assert caught.value.param == "amount_to_confirm"
    confirmed = client.confirm(intent.id, {"amount_to_confirm": 500, "return_url": "https://shop.test/back"})
    assert confirmed.status == "succeeded"
