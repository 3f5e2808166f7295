"""Parameters of Checkout and PaymentIntents affect other objects, events and the page, or are refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from support.running import SESSION, Running


def open_page(emulator: Running, session: stripe.checkout.Session) -> str:
    return emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()


@pytest.mark.parametrize("where", ["session", "intent"])
def test_manual_capture_of_cards_authorizes_first(emulator: Running, where: str) -> None:
    options: Any = {"card": {"capture_method": "manual"}}
    client = emulator.client().v1
    if where == "session":
        paid = emulator.paid(payment_method_options=options, payment_method_types=["card", "us_bank_account"])
        intent: Any = paid.payment_intent
    else:
        params: Any = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
        params |= {"payment_method_options": options, "return_url": "https://shop.test/"}
        intent = client.payment_intents.create(params)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", intent.amount)
    assert client.payment_intents.capture(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    "future",
    [
        {"payment_intent_data": {"setup_future_usage": "off_session"}},
        {"payment_method_options": {"card": {"setup_future_usage": "on_session"}}},
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_method_for_future_use_is_attached(emulator: Running, future: Any, *, known: bool) -> None:
    client = emulator.client().v1
    customer = {"customer": client.customers.create({"email": "jenny@example.com"}).id} if known else {}
    session = emulator.paid(**future, **customer)
    owner = session.customer
    assert owner
    assert owner == customer.get("customer", owner)
    attached = client.customers.payment_methods.list(str(owner)).data
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert [method.id for method in attached] == [session.payment_intent.payment_method]
    assert "payment_method.attached" in emulator.events()


def test_a_method_is_not_attached_without_future_use(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create({"email": "jenny@example.com"})
    emulator.paid(customer=customer.id, payment_method_options={"us_bank_account": {"setup_future_usage": "none"}})
    assert emulator.client().v1.customers.payment_methods.list(customer.id).data == []


def test_a_coupon_has_a_maximum_of_redemptions(emulator: Running) -> None:
    client = emulator.client().v1
    coupon = client.coupons.create({"percent_off": 50, "max_redemptions": 2})
    for times in (1, 2):
        emulator.paid(discounts=[{"coupon": coupon.id}])
        found = client.coupons.retrieve(coupon.id)
        assert (found.times_redeemed, found.valid) == (times, times < 2)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.session(discounts=[{"coupon": coupon.id}])
    assert caught.value.code == "coupon_expired"


def test_a_coupon_expires_at_its_time(emulator: Running) -> None:
    client = emulator.client().v1
    until = int(emulator.control("GET", "clock")["now"]) + 60
    coupon = client.coupons.create({"percent_off": 50, "redeem_by": until})
    emulator.session(discounts=[{"coupon": coupon.id}])
    emulator.advance(61)
    assert not client.coupons.retrieve(coupon.id).valid
    with pytest.raises(stripe.InvalidRequestError):
        emulator.session(discounts=[{"coupon": coupon.id}])


def embedded(emulator: Running, **more: Any) -> stripe.checkout.Session:
    plain = {name: value for name, value in SESSION.items() if not name.endswith("_url")}
    params: Any = {**plain, "ui_mode": "embedded_page", **more}
    return emulator.client().v1.checkout.sessions.create(params)


def test_an_embedded_session_has_a_client_secret(emulator: Running) -> None:
    session = embedded(emulator, return_url="https://shop.test/back?id={CHECKOUT_SESSION_ID}")
    assert session.client_secret
    assert session.client_secret.startswith(f"{session.id}_secret_")
    assert session.url is None
    assert emulator.confirm(session) == {"redirect": f"https://shop.test/back?id={session.id}"}


@pytest.mark.parametrize("when", ["never", "if_required"])
def test_an_embedded_session_may_skip_the_redirect(emulator: Running, when: str) -> None:
    back = {} if when == "never" else {"return_url": "https://shop.test/back"}
    session = embedded(emulator, redirect_on_completion=when, **back)
    assert emulator.confirm(session) == {"redirect": f"../{session.id}"}


def test_custom_texts_and_the_name_are_shown(emulator: Running) -> None:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    texts = {name: {"message": f"Text of {name}."} for name in names}
    session = emulator.session(
        custom_text=texts,
        branding_settings={"display_name": "Tea & Co"},
        shipping_address_collection={"allowed_countries": ["AT"]},
        consent_collection={"terms_of_service": "required"},
    )
    html = open_page(emulator, session)
    assert [name for name in names if f"Text of {name}." not in html] == []
    assert "Tea &amp; Co" in html


def test_the_customer_is_updated_on_request(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "jenny@example.com", "name": "Jenny"})
    session = emulator.session(
        customer=customer.id,
        customer_update={"name": "auto", "address": "auto"},
        billing_address_collection="required",
    )
    address = {"line1": "1 Main St", "postal_code": "1010", "city": "Vienna", "country": "AT"}
    emulator.confirm(session, **{"card-name": "J. Rosen"}, **{f"billing-{key}": text for key, text in address.items()})
    found = client.customers.retrieve(customer.id)
    assert found.name == "J. Rosen"
    assert found.address
    assert found.address.city == "Vienna"
    assert "customer.updated" in emulator.events()


def test_allow_redisplay_is_stored_on_the_method(emulator: Running) -> None:
    session = emulator.paid(payment_method_data={"allow_redisplay": "always"})
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    method = emulator.client().v1.payment_methods.retrieve(str(session.payment_intent.payment_method))
    assert method.allow_redisplay == "always"


REFUSED = [
    ("adaptive_pricing", {"enabled": True}),
    ("automatic_tax", {"enabled": True, "liability": {"type": "account", "account": "acct_1"}}),
    ("consent_collection", {"payment_method_reuse_agreement": {"position": "hidden"}}),
    ("name_collection", {"business": {"enabled": True}}),
    ("ui_mode", "custom"),
    ("ui_mode", "elements"),
    ("ui_mode", "form"),
    ("payment_method_options", {"card": {"installments": {"enabled": True}}}),
    ("payment_method_options", {"klarna": {"capture_method": "manual"}}),
    ("payment_method_options", {"us_bank_account": {"verification_method": "instant"}}),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_an_unsupported_value_is_refused_by_name(emulator: Running, name: str, value: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="The local Stripe emulator does not support") as caught:
        emulator.session(**{name: value})
    assert str(caught.value.param).startswith(name)


@pytest.mark.parametrize("name", ["allow_promotion_codes", "automatic_tax", "invoice_creation", "adaptive_pricing"])
def test_an_unsupported_feature_can_be_disabled(emulator: Running, name: str) -> None:
    emulator.session(**{name: False if name == "allow_promotion_codes" else {"enabled": False}})


def test_the_page_has_the_sessions_colors_font_and_corners(emulator: Running) -> None:
    looks: Any = {"background_color": "#000080", "button_color": "#FFFFFF", "border_style": "pill"}
    session = emulator.session(branding_settings={**looks, "font_family": "noto_sans"})
    html = open_page(emulator, session)
    assert f'<link rel="stylesheet" href="{session.id}/branding.css">' in html
    sheet = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}/branding.css")
    assert sheet.headers["Content-Type"].startswith("text/css")
    for text in ("background: #000080; color: #ffffff", "--accent: #FFFFFF", "--on-accent: #000000", '"Noto Sans"'):
        assert text in sheet.data.decode()
    refused = emulator.post(f"/c/pay/{session.id}/confirm", {})
    assert '<link rel="stylesheet" href="branding.css">' in refused.data.decode()
    assert "branding.css" not in open_page(emulator, emulator.session())


@pytest.mark.parametrize("color", ["red", "#12345", "#1122334", "#11223g", "#fff;}"])
def test_a_color_is_a_color(emulator: Running, color: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.session(branding_settings={"button_color": color})
    assert caught.value.param == "branding_settings[button_color]"


def test_the_page_describes_the_products(emulator: Running) -> None:
    product = {"name": "Desk", "description": "By the window", "unit_label": "day"}
    price = {"currency": "usd", "unit_amount": 1500, "product_data": product}
    html = open_page(emulator, emulator.session(line_items=[{"price_data": price, "quantity": 2}]))
    assert "By the window" in html
    assert "per day" in html


@pytest.mark.parametrize("confirmed", ["at once", "later"])
def test_a_debit_keeps_the_buyers_consent(emulator: Running, confirmed: str) -> None:
    client: Any = emulator.client().v1
    holder: Any = {"name": "Jenny Rosen", "email": "jenny@example.com"}
    iban = {"type": "sepa_debit", "sepa_debit": {"iban": "AT611904300234573201"}, "billing_details": holder}
    online = {"ip_address": "192.0.2.1", "user_agent": "a browser"}
    consent: Any = {"mandate_data": {"customer_acceptance": {"type": "online", "online": online}}}
    params: Any = {
        "amount": 500,
        "currency": "eur",
        "payment_method_types": ["sepa_debit"],
        "payment_method_data": iban,
    }
    if confirmed == "at once":
        intent = client.payment_intents.create({**params, **consent, "confirm": True})
    else:
        intent = client.payment_intents.confirm(client.payment_intents.create(params).id, consent)
    details: Any = client.charges.retrieve(str(intent.latest_charge)).payment_method_details
    mandate = client.mandates.retrieve(details.sepa_debit.mandate)
    assert (mandate.type, mandate.status, mandate.payment_method) == ("single_use", "active", intent.payment_method)
    assert mandate.customer_acceptance.online
    assert mandate.customer_acceptance.online.to_dict() == online


def test_a_debit_for_future_use_has_a_mandate_for_more(emulator: Running) -> None:
    client = emulator.client().v1
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    line: Any = {"price_data": price, "quantity": 1}
    session = emulator.session(line_items=[line], payment_intent_data={"setup_future_usage": "off_session"})
    fields = {"method": "sepa_debit", "account-name": "Jenny Rosen", "iban": "AT611904300234573201"}
    emulator.confirm(session, **fields)
    details: Any = client.charges.list().data[0].payment_method_details
    mandate = client.mandates.retrieve(details.sepa_debit.mandate)
    assert (mandate.type, "multi_use" in mandate, "single_use" in mandate) == ("multi_use", True, False)
    assert mandate.customer_acceptance.type == "online"


def test_a_repeating_discount_ends(emulator: Running) -> None:
    client = emulator.client().v1
    coupon = client.coupons.create({"percent_off": 10, "duration": "repeating", "duration_in_months": 14})
    customer = emulator.api("POST", "/v1/customers", {"coupon": coupon.id}).json()
    start, end = (datetime.fromtimestamp(customer["discount"][name], UTC) for name in ("start", "end"))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == 14
    assert end.time() == start.time()


def test_a_buyer_is_as_exempt_as_the_customer(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create({"email": "jenny@example.com", "tax_exempt": "reverse"})
    session = emulator.paid(customer=customer.id)
    assert session.customer_details
    assert session.customer_details.tax_exempt == "reverse"


def test_a_deleted_customer_buys_nothing(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "jenny@example.com"})
    client.customers.delete(customer.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        emulator.session(customer=customer.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.payment_intents.create({"amount": 500, "currency": "usd", "customer": customer.id})


TYPES = [
    ({"payment_method_types": ["sepa_debit"]}, "payment_method_types", "invalid for sepa_debit"),
    ({"allowed_payment_method_types": ["klarna"]}, None, "No valid payment method types"),
    ({"excluded_payment_method_types": ["card", "us_bank_account"]}, None, "No valid payment method types"),
    (
        {"payment_intent_data": {"statement_descriptor": "TEA"}},
        "payment_intent_data[statement_descriptor]",
        "not supported for the payment_method_type `card`",
    ),
]


@pytest.mark.parametrize(("params", "param", "message"), TYPES)
def test_methods_fit_the_currency_and_each_other(
    emulator: Running, params: Any, param: str | None, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message) as caught:
        emulator.session(**params)
    assert caught.value.param == param


def test_a_method_fits_the_currency_of_its_payment(emulator: Running) -> None:
    client: Any = emulator.client().v1.payment_intents
    params: Any = {"amount": 500, "currency": "eur", "confirm": True, "payment_method": "pm_usBankAccount_success"}
    with pytest.raises(stripe.InvalidRequestError, match="support the following currencies: usd"):
        client.create({**params, "payment_method_types": ["us_bank_account"]})
    with pytest.raises(stripe.InvalidRequestError, match="currency provided"):
        client.create({**params, "return_url": "https://shop.test/"})
