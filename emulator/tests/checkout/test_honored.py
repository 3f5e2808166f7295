"""Parameters of Checkout and PaymentIntents affect other objects, events and the page, or are refused."""

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
    emulator.paid(customer=customer.id, payment_method_options={"card": {"setup_future_usage": "none"}})
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
    ("allow_promotion_codes", True),
    ("automatic_tax", {"enabled": True}),
    ("invoice_creation", {"enabled": True}),
    ("adaptive_pricing", {"enabled": True}),
    ("after_expiration", {"recovery": {"enabled": True}}),
    ("consent_collection", {"promotions": "auto"}),
    ("ui_mode", "custom"),
    ("ui_mode", "elements"),
    ("ui_mode", "form"),
    ("payment_method_options", {"card": {"installments": {"enabled": True}}}),
    ("payment_method_options", {"klarna": {"capture_method": "manual"}}),
    ("payment_method_options", {"us_bank_account": {"verification_method": "instant"}}),
    ("line_items", [{**SESSION["line_items"][0], "adjustable_quantity": {"enabled": True, "maximum": 5}}]),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_an_unsupported_value_is_refused_by_name(emulator: Running, name: str, value: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="The local Stripe emulator does not support") as caught:
        emulator.session(**{name: value})
    assert str(caught.value.param).startswith(name)


@pytest.mark.parametrize("name", ["allow_promotion_codes", "automatic_tax", "invoice_creation", "adaptive_pricing"])
def test_an_unsupported_feature_can_be_disabled(emulator: Running, name: str) -> None:
    emulator.session(**{name: False if name == "allow_promotion_codes" else {"enabled": False}})
