"""Details that real payments have."""

from typing import Any

import stripe

from support.running import Running

SIX = {"city", "country", "line1", "line2", "postal_code", "state"}


def charge_of(session: stripe.checkout.Session) -> str:
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return str(session.payment_intent.latest_charge)


def test_a_charge_has_a_receipt_page(emulator: Running) -> None:
    charges = emulator.client().v1.charges
    charge = charges.retrieve(charge_of(emulator.paid(payment_intent_data={"description": "Two T-shirts"})))
    assert charge.receipt_url
    assert charge.receipt_url.startswith(emulator.url)
    html = emulator.http.request("GET", charge.receipt_url).data.decode()
    for text in ("$20.00", "Visa •••• 4242", "Two T-shirts", charge.id):
        assert text in html
    emulator.client().v1.refunds.create({"charge": charge.id, "amount": 500})
    assert "$5.00" in emulator.http.request("GET", charge.receipt_url).data.decode()
    direct = emulator.api("POST", "/v1/charges", {"amount": "500", "currency": "usd", "source": "tok_visa"}).json()
    assert emulator.http.request("GET", direct["receipt_url"]).status == 200


def test_a_declined_charge_has_no_receipt(emulator: Running) -> None:
    emulator.confirm(emulator.session(), **{"card-number": "4000000000000002"})
    (charge,) = emulator.client().v1.charges.list().data
    assert charge.receipt_url is None
    assert emulator.http.request("GET", f"{emulator.url}/c/pay/receipt/{charge.id}").status == 404


def test_the_card_form_asks_for_country_and_postal_code(emulator: Running) -> None:
    session = emulator.session()
    html = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()
    assert 'name="country"' in html
    assert 'name="postal-code"' in html
    emulator.confirm(session, country="us", **{"postal-code": "94107"})
    done = emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert done.customer_details
    address: Any = done.customer_details.address
    assert address.to_dict().keys() == SIX
    assert (address.country, address.postal_code, address.line1) == ("US", "94107", None)
    intent: Any = done.payment_intent
    assert intent.latest_charge.billing_details.address.to_dict() == address.to_dict()
    assert intent.latest_charge.payment_method_details.card.checks.address_postal_code_check == "pass"


def test_a_card_always_has_a_country(emulator: Running) -> None:
    session = emulator.paid()
    assert session.customer_details
    assert session.customer_details.address
    assert session.customer_details.address.to_dict() == {**dict.fromkeys(SIX), "country": "US"}
    debit = emulator.session(payment_method_types=["us_bank_account"])
    account = {"account-number": "000123456789", "routing-number": "110000000", "account-name": "Jenny"}
    emulator.confirm(debit, method="us_bank_account", **account)
    details = emulator.client().v1.checkout.sessions.retrieve(debit.id).customer_details
    assert details
    assert details.address
    assert details.address.to_dict() == dict.fromkeys(SIX)


def test_addresses_have_a_state_and_a_second_line(emulator: Running) -> None:
    session = emulator.session(
        billing_address_collection="required", shipping_address_collection={"allowed_countries": ["US"]}
    )
    html = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()
    given = {"line1": "1 Main St", "line2": "Apt 2", "city": "Austin", "state": "TX", "postal_code": "73301"}
    given["country"] = "US"
    fields = {f"{kind}-{part}": text for kind in ("billing", "shipping") for part, text in given.items()}
    assert [name for name in fields if f'name="{name}"' not in html] == []
    emulator.confirm(session, **fields, **{"shipping-name": "Jenny Rosen"})
    done = emulator.client().v1.checkout.sessions.retrieve(session.id)
    assert done.customer_details
    assert done.customer_details.address
    assert done.customer_details.address.to_dict() == given
    assert done.collected_information
    assert done.collected_information.shipping_details
    assert done.collected_information.shipping_details.address.to_dict() == given


def test_an_address_that_is_given_in_part_has_all_its_keys(emulator: Running) -> None:
    client = emulator.client().v1
    part: Any = {"line1": "1 Main St", "country": "US"}
    whole = {**dict.fromkeys(SIX), **part}
    shipping: Any = {"address": part, "name": "Jenny Rosen"}
    customer = client.customers.create({"address": part, "shipping": shipping})
    assert customer.to_dict()["address"] == whole
    assert customer.to_dict()["shipping"] == {"address": whole, "name": "Jenny Rosen", "phone": None}
    changed = client.customers.update(customer.id, {"address": {"city": "Austin"}})
    assert changed.to_dict()["address"].keys() == SIX
    card: Any = {"amount": 500, "currency": "usd", "payment_method_types": ["card"], "payment_method": "pm_card_visa"}
    card |= {"shipping": shipping, "confirm": True}
    intent = client.payment_intents.create(card)
    sent = {"address": whole, "carrier": None, "name": "Jenny Rosen", "phone": None, "tracking_number": None}
    assert intent.to_dict()["shipping"] == sent
    assert client.charges.retrieve(str(intent.latest_charge)).to_dict()["shipping"] == sent
    billing: Any = {"address": part}
    method = client.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}, "billing_details": billing})
    assert method.to_dict()["billing_details"]["address"] == whole


def test_events_of_the_page_have_a_request(emulator: Running) -> None:
    emulator.paid()
    requests = [event.request for event in emulator.client().v1.events.list().data]
    assert all(request and str(request.id).startswith("req_") for request in requests)


def test_an_off_session_decline_has_its_own_code(emulator: Running) -> None:
    params: Any = {"amount": "500", "currency": "usd", "confirm": "true", "off_session": "true"}
    params |= {"payment_method": "pm_card_threeDSecure2Required", "payment_method_types[]": "card"}
    error = emulator.api("POST", "/v1/payment_intents", params).json()["error"]
    assert (error["code"], error["decline_code"]) == ("authentication_required",) * 2


def test_a_dispute_without_a_response_is_lost(emulator: Running) -> None:
    client = emulator.client().v1.disputes
    for card, status in (("4000000000000259", "lost"), ("4000000000001976", "warning_closed")):
        session = emulator.paid(card)
        (dispute,) = client.list({"charge": charge_of(session)}).data
        now = emulator.control("GET", "clock")["now"]
        emulator.advance(int(dispute.evidence_details.due_by or 0) - now + 2)
        after = client.retrieve(dispute.id)
        assert (after.status, after.evidence_details.past_due) == (status, True)
    assert "charge.dispute.closed" in emulator.events()


def test_a_dispute_with_evidence_stays_under_review(emulator: Running) -> None:
    client = emulator.client().v1.disputes
    (dispute,) = client.list({"charge": charge_of(emulator.paid("4000000000000259"))}).data
    client.update(dispute.id, {"evidence": {"uncategorized_text": "It was them."}})
    emulator.advance(20 * 86400)
    assert client.retrieve(dispute.id).status == "under_review"


def test_a_refund_names_its_customer(emulator: Running) -> None:
    charge = charge_of(emulator.paid(customer_creation="always"))
    client = emulator.client().v1
    assert client.refunds.create({"charge": charge}).customer == client.charges.retrieve(charge).customer
