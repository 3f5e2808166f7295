"""Payments on the hosted page: the session, its objects and the events."""

from typing import Any

import pytest
import stripe

from support.running import Running


def intent_of(session: stripe.checkout.Session) -> stripe.PaymentIntent:
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return session.payment_intent


def decline(emulator: Running, number: str) -> Any:
    return emulator.confirm(emulator.session(), **{"card-number": number})["error"]


def test_a_card_payment_completes_the_session(emulator: Running) -> None:
    session = emulator.paid(client_reference_id="order-7")
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.customer_details
    assert (session.customer_details.email, session.customer_details.name) == ("jenny@example.com", "Jenny Rosen")
    intent = intent_of(session)
    assert (intent.status, intent.amount, intent.amount_received) == ("succeeded", 2000, 2000)
    charge = emulator.client().v1.charges.retrieve(str(intent.latest_charge), {"expand": ["balance_transaction"]})
    assert (charge.status, charge.paid, charge.captured, charge.amount) == ("succeeded", True, True, 2000)
    assert charge.payment_method_details
    assert charge.payment_method_details.card
    assert charge.payment_method_details.card.last4 == "4242"
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (88, 1912)


def test_a_card_payment_creates_its_events(emulator: Running) -> None:
    emulator.paid()
    assert emulator.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.completed",
    ]


def test_the_buyer_is_sent_to_the_success_url(emulator: Running) -> None:
    session = emulator.session()
    assert emulator.confirm(session) == {"redirect": f"https://shop.test/done?session={session.id}"}


def test_only_the_intents_metadata_is_copied_to_the_charge(emulator: Running) -> None:
    session = emulator.paid(
        metadata={"on": "session"},
        payment_intent_data={"metadata": {"on": "intent"}, "description": "Order 7", "receipt_email": "r@example.com"},
    )
    intent = intent_of(session)
    assert session.metadata
    assert session.metadata.to_dict() == {"on": "session"}
    assert intent.metadata.to_dict() == {"on": "intent"}
    assert (intent.description, intent.receipt_email) == ("Order 7", "r@example.com")
    charge = emulator.client().v1.charges.retrieve(str(intent.latest_charge))
    assert charge.metadata.to_dict() == {"on": "intent"}
    assert charge.description == "Order 7"


def test_a_second_click_is_not_charged(emulator: Running) -> None:
    session = emulator.session()
    assert emulator.confirm(session) == emulator.confirm(session)
    assert len(emulator.client().v1.charges.list().data) == 1


def test_the_session_stays_open_after_a_decline(emulator: Running) -> None:
    session = emulator.session()
    answer = emulator.confirm(session, **{"card-number": "4000000000009995"})
    assert answer == {"error": {"field": "", "message": "Your card has insufficient funds."}}
    client = emulator.client()
    seen = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    first = intent_of(seen)
    assert (seen.status, seen.payment_status, first.status) == ("open", "unpaid", "requires_payment_method")
    assert first.last_payment_error
    assert first.last_payment_error.decline_code == "insufficient_funds"
    assert emulator.events() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    emulator.confirm(session)
    seen = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (seen.status, intent_of(seen).id) == ("complete", first.id)
    assert intent_of(seen).last_payment_error is None
    assert [charge.status for charge in client.v1.charges.list().data] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"email": "nobody"}, "email", "Enter a valid email address."),
        ({"card-number": ""}, "card-number", "Enter a card number."),
        ({"card-number": "4242424242424241"}, "card-number", "Your card number is incorrect."),
        ({"card-expiry": "13 / 40"}, "card-expiry", "Your card's expiration month is invalid."),
        ({"card-expiry": "12 / 20"}, "card-expiry", "Your card's expiration year is invalid."),
        ({"card-expiry": "soon"}, "card-expiry", "Enter the expiry date as MM / YY."),
        ({"card-cvc": "12"}, "card-cvc", "Your card's security code is invalid."),
        ({"card-name": " "}, "card-name", "Enter the name on the card."),
        ({"card-number": "4111111111111111"}, "", "non test (live) card"),
    ],
)
def test_an_invalid_field_is_named(emulator: Running, fields: dict[str, str], field: str, message: str) -> None:
    error = emulator.confirm(emulator.session(), **fields)["error"]
    assert error["field"] == field
    assert message in error["message"]


def test_a_3d_secure_card_needs_authentication(emulator: Running) -> None:
    session = emulator.session()
    assert emulator.confirm(session, **{"card-number": "4000000000003220"}) == {"redirect": "authenticate"}
    page = f"/c/pay/{session.id}/authenticate"
    assert b"Complete authentication" in emulator.http.request("GET", emulator.url + page).data
    assert "payment_intent.requires_action" in emulator.events()
    done = emulator.post(page, {"outcome": "complete"})
    assert done.headers["Location"] == f"https://shop.test/done?session={session.id}"
    assert emulator.client().v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    charge = emulator.client().v1.charges.list().data[0]
    assert charge.payment_method_details
    assert charge.payment_method_details.card
    assert charge.payment_method_details.card.three_d_secure
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_failed_authentication_is_shown(emulator: Running) -> None:
    session = emulator.session()
    emulator.confirm(session, **{"card-number": "4000002760003184"})
    page = f"/c/pay/{session.id}/authenticate"
    back = emulator.post(page, {"outcome": "fail"})
    assert back.headers["Location"] == f"../{session.id}"
    shown = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data
    assert b"We are unable to authenticate your payment method." in shown
    assert emulator.events()[-1] == "payment_intent.payment_failed"
    assert emulator.client().v1.charges.list().data == []
    assert "redirect" in emulator.confirm(session)


def test_a_card_can_be_declined_after_authentication(emulator: Running) -> None:
    session = emulator.session()
    emulator.confirm(session, **{"card-number": "4000008400001629"})
    page = f"/c/pay/{session.id}/authenticate"
    emulator.post(page, {"outcome": "complete"})
    assert emulator.events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert emulator.client().v1.checkout.sessions.retrieve(session.id).status == "open"


def test_manual_capture_authorizes_first(emulator: Running) -> None:
    session = emulator.paid(payment_intent_data={"capture_method": "manual"})
    intent = intent_of(session)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)
    client = emulator.client()
    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (captured.status, captured.amount_received) == ("succeeded", 1500)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert emulator.events()[-2:] == ["charge.captured", "payment_intent.succeeded"]


def test_a_customer_is_created_only_on_request(emulator: Running) -> None:
    assert emulator.paid().customer is None
    session = emulator.paid(customer_creation="always")
    customer = emulator.client().v1.customers.retrieve(str(session.customer))
    assert (customer.email, customer.name) == ("jenny@example.com", "Jenny Rosen")
    assert intent_of(session).customer == customer.id


def test_a_free_session_needs_no_card(emulator: Running) -> None:
    free = {"price_data": {"currency": "usd", "unit_amount": 0, "product_data": {"name": "Gift"}}, "quantity": 1}
    session = emulator.session(line_items=[free])
    assert "redirect" in emulator.confirm(session, **{"card-number": ""})
    seen = emulator.client().v1.checkout.sessions.retrieve(session.id)
    assert (seen.status, seen.payment_status, seen.payment_intent) == ("complete", "no_payment_required", None)
    assert emulator.events() == ["checkout.session.completed"]


def test_expiring_a_session_cancels_its_intent(emulator: Running) -> None:
    session = emulator.session()
    emulator.confirm(session, **{"card-number": "4000000000000002"})
    emulator.client().v1.checkout.sessions.expire(session.id)
    assert emulator.events()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_payment_pages_can_be_confirmed_through_the_api(emulator: Running) -> None:
    session = emulator.session()
    path = f"/v1/payment_pages/{session.id}"
    assert emulator.api("GET", path).json()["id"] == session.id
    wrong = emulator.api("POST", f"{path}/confirm", {"payment_method": "pm_card_visa", "expected_amount": 1})
    assert wrong.json()["error"]["code"] == "checkout_amount_mismatch"
    declined = emulator.api("POST", f"{path}/confirm", {"payment_method": "pm_card_visa_chargeDeclined"})
    assert (declined.status, declined.json()["error"]["type"]) == (402, "card_error")
    paid = emulator.api("POST", f"{path}/confirm", {"payment_method": "pm_card_visa", "expected_amount": "2000"})
    assert (paid.status, paid.json()["payment_status"]) == (200, "paid")
    again = emulator.api("POST", f"{path}/confirm", {"payment_method": "pm_card_visa"})
    assert again.json()["error"]["code"] == "checkout_not_active_session"
