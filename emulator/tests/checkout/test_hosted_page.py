"""The pages under `/c/pay/` over plain HTTP: their content and their redirects."""

import re

import pytest

from support.running import CARD, Running


def page(emulator: Running, path: str) -> str:
    return emulator.http.request("GET", f"{emulator.url}/c/pay/{path}").data.decode()


def test_the_page_shows_items_and_total(emulator: Running) -> None:
    shown = page(emulator, emulator.session().id)
    assert "T-shirt" in shown
    assert "2 × $10.00" in re.sub(r"<[^>]+>", "", shown)
    assert "Pay $20.00" in shown
    assert "Local stand-in for Stripe: no real money" in shown


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [
        ("jpy", 500, "¥1,000"),
        ("eur", 1050, "€21.00"),
        ("kwd", 1500, "KWD\u00a03.000"),
        ("chf", 1000, "CHF\u00a020.00"),
        ("ugx", 500, "UGX\u00a010"),
        ("idr", 150_000_000, "IDR\u00a03,000,000.00"),
    ],
)
def test_amounts_have_their_currencys_decimals(emulator: Running, currency: str, amount: int, shown: str) -> None:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Mug"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 2}])
    assert f"Pay {shown}" in page(emulator, session.id)


def test_names_are_escaped(emulator: Running) -> None:
    price = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "<script>alert(1)</script>"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 1}])
    assert "<script>alert" not in page(emulator, session.id)


def test_the_urls_are_relative_with_one_prefix(emulator: Running) -> None:
    session = emulator.session()
    answer = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}", headers={"Host": "elsewhere.internal"})
    html = answer.data.decode()
    assert "elsewhere.internal" not in html
    links = re.findall(r'(?:href|src|action)="([^"]+)"', html)
    assert [link for link in links if link.startswith(("/", "http"))] == ["https://shop.test/cart"]
    for link in links:
        if link.startswith("assets/"):
            assert emulator.http.request("GET", f"{emulator.url}/c/pay/{link}").status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=", html)


def test_every_input_has_a_label(emulator: Running) -> None:
    html = page(emulator, emulator.session(phone_number_collection={"enabled": True}).id)
    inputs = set(re.findall(r'<input id="([^"]+)"', html))
    assert {"email", "card-number", "card-expiry", "card-cvc", "card-name", "phone"} <= inputs
    assert inputs <= set(re.findall(r'<label for="([^"]+)"', html))
    assert 'id="pay"' in html


def test_the_email_is_fixed_if_the_shop_knows_it(emulator: Running) -> None:
    session = emulator.session(customer_email="known@example.com")
    assert 'value="known@example.com"' in page(emulator, session.id)
    emulator.confirm(session, email="other@example.com")
    details = emulator.client().v1.checkout.sessions.retrieve(session.id).customer_details
    assert details
    assert details.email == "known@example.com"


def test_a_customers_email_is_prefilled(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create({"email": "ada@example.com"})
    session = emulator.session(customer=customer.id)
    assert 'value="ada@example.com"' in page(emulator, session.id)
    assert "redirect" in emulator.confirm(session, email="")


def test_required_terms_must_be_accepted(emulator: Running) -> None:
    session = emulator.session(consent_collection={"terms_of_service": "required"})
    assert 'id="terms"' in page(emulator, session.id)
    assert emulator.confirm(session)["error"]["field"] == "terms"
    assert "redirect" in emulator.confirm(session, terms="yes")
    consent = emulator.client().v1.checkout.sessions.retrieve(session.id).consent
    assert consent
    assert consent.terms_of_service == "accepted"


def test_requested_addresses_and_phone_are_collected(emulator: Running) -> None:
    session = emulator.session(
        shipping_address_collection={"allowed_countries": ["AT", "DE"]},
        billing_address_collection="required",
        phone_number_collection={"enabled": True},
    )
    assert emulator.confirm(session)["error"]["field"] == "phone"
    address = {"line1": "1 Main St", "city": "Vienna", "postal_code": "1010", "country": "AT"}
    fields = {f"{kind}-{part}": text for kind in ("billing", "shipping") for part, text in address.items()}
    assert emulator.confirm(session, phone="+4312345", **fields)["error"]["field"] == "shipping-name"
    fields["shipping-name"] = "Ada"
    assert "redirect" in emulator.confirm(session, phone="+43 (1) 23-45", **fields)
    seen = emulator.client().v1.checkout.sessions.retrieve(session.id)
    assert seen.customer_details
    assert seen.customer_details.phone == "+4312345"
    assert seen.customer_details.address
    assert seen.customer_details.address.city == "Vienna"
    assert seen.collected_information
    assert seen.collected_information.shipping_details
    assert seen.collected_information.shipping_details.name == "Ada"


def test_a_plain_form_is_redirected_after_payment(emulator: Running) -> None:
    session = emulator.session()
    url = f"/c/pay/{session.id}/confirm"
    declined = emulator.post(url, {**CARD, "card-number": "4000000000000002"})
    assert declined.status == 402
    html = declined.data.decode()
    assert "Your card was declined." in html
    assert 'value="jenny@example.com"' in html
    assert "4000000000000002" not in html
    assert 'href="../assets/page.css"' in html
    paid = emulator.post(url, CARD)
    assert (paid.status, paid.headers["Location"]) == (303, f"https://shop.test/done?session={session.id}")


def test_the_form_works_after_a_decline(emulator: Running) -> None:
    session = emulator.session()
    url = f"/c/pay/{session.id}/confirm"
    html = emulator.post(url, {"email": "x"}).data.decode()
    action = re.search(r'<form[^>]*action="([^"]*)"', html)
    assert action
    assert action[1] == "confirm"


def test_a_complete_session_redirects(emulator: Running) -> None:
    session = emulator.paid()
    again = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}", redirect=False)
    assert (again.status, again.headers["Location"]) == (303, f"https://shop.test/done?session={session.id}")


def test_an_expired_session_links_back_to_the_shop(emulator: Running) -> None:
    session = emulator.session()
    emulator.client().v1.checkout.sessions.expire(session.id)
    shown = page(emulator, session.id)
    assert "This page has expired" in shown
    assert 'href="https://shop.test/cart"' in shown
    answer = emulator.post(f"/c/pay/{session.id}/confirm", CARD)
    assert answer.headers["Location"] == f"../{session.id}"
    assert emulator.client().v1.charges.list().data == []


def test_an_unknown_session_is_a_404(emulator: Running) -> None:
    assert emulator.http.request("GET", f"{emulator.url}/c/pay/cs_test_none").status == 404
    assert emulator.http.request("POST", f"{emulator.url}/c/pay/cs_test_none/confirm").status == 404


def test_debits_are_offered_in_their_currency(emulator: Running) -> None:
    assert emulator.session().payment_method_types == ["card", "us_bank_account"]
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 1}])
    assert session.payment_method_types == ["card", "sepa_debit"]
    assert "Bank debit (SEPA)" in page(emulator, session.id)
    assert "Bank debit" not in page(emulator, emulator.session(payment_method_types=["card"]).id)
