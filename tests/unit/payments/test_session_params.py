"""What a checkout asks Stripe for: the CHECKOUT_… settings, and what `customize_session` adds or must not change."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.config.checkout import checkout_options
from app.config.env import Environment
from app.payments import outbox
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Fulfillment, Order, OrderItem, Product
from app.payments.stripe import session_params
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.support.endpoint import endpoint_running
from tests.unit.payments.test_create_checkout import checkout, session_of
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

Params = dict[str, Any]
Use = Callable[[Callable[[Params], Params]], None]


@pytest.fixture
def customize(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Put a user's function in the place of `customize_session`."""

    def use(function: Callable[[Params], Params]) -> None:
        monkeypatch.setattr(session_params, "customize_session", lambda order, params: function(params))

    return use


def configure(settings: Settings, **variables: str) -> None:
    settings.CHECKOUT = checkout_options(Environment({f"CHECKOUT_{name}": text for name, text in variables.items()}))


def params_of(order: Order) -> Params:
    built = session_params.build(order, installation="0123456789ab", success_url="http://s", cancel_url="http://c")
    return dict(built)


def new_order(**columns: Any) -> Order:
    order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    for name, value in columns.items():
        setattr(order, name, value)
    return order


# The settings ------------------------------------------------------------------------------------------------------


def test_all_options_together_are_stripes_parameters(settings: Settings) -> None:
    configure(
        settings,
        PROMOTION_CODES="1",
        SHIPPING_COUNTRIES="US,DE",
        SHIPPING_OPTIONS="Standard 5.00 USD, Standard 4.50 EUR, shr_1Abc",
        AUTOMATIC_TAX="1",
        TAX_BEHAVIOR="exclusive",
        PHONE="1",
        BILLING_ADDRESS="required",
        INVOICE="1",
        LOCALE="de",
        TEXT="Thank you!",
        PAYMENT_METHODS="card",
    )
    order = new_order(customer_email="ada@example.com", reference="cart-17")
    metadata = {"order_id": str(order.pk), "installation": "0123456789ab", "reference": "cart-17"}
    fixed = {"type": "fixed_amount", "fixed_amount": {"amount": 500, "currency": "usd"}, "tax_behavior": "exclusive"}
    product = {"name": "Demo product", "metadata": {"sku": "default"}}
    price = {"currency": "usd", "unit_amount": 2000, "product_data": product, "tax_behavior": "exclusive"}
    assert params_of(order) == {
        "mode": "payment",
        "client_reference_id": str(order.pk),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "http://s",
        "cancel_url": "http://c",
        "customer_email": "ada@example.com",
        "allow_promotion_codes": True,
        "shipping_address_collection": {"allowed_countries": ["US", "DE"]},
        "shipping_options": [
            {"shipping_rate_data": {"display_name": "Standard", **fixed}},
            {"shipping_rate": "shr_1Abc"},
        ],
        "automatic_tax": {"enabled": True},
        "phone_number_collection": {"enabled": True},
        "billing_address_collection": "required",
        "invoice_creation": {"enabled": True},
        "locale": "de",
        "custom_text": {"submit": {"message": "Thank you!"}},
        "payment_method_types": ["card"],
    }


def test_by_default_stripes_defaults_apply() -> None:
    assert not params_of(new_order()).keys() & {"expires_at", "locale", "payment_method_types", "shipping_options"}


def test_an_order_that_can_not_be_shipped_is_refused(client: Client, settings: Settings, emulator: Emulator) -> None:
    configure(settings, SHIPPING_OPTIONS="Standard 4.50 EUR")
    answer = checkout(client)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_shipping_option")
    assert "There is no shipping option in USD." in answer.json()["detail"]
    assert not Order.objects.exists()


def test_a_session_lives_as_long_as_configured(client: Client, settings: Settings, emulator: Emulator) -> None:
    configure(settings, LIFETIME_MINUTES="30")
    order_id = checkout(client, **{"Idempotency-Key": "one-click"}).json()["order_id"]
    order = Order.objects.get(pk=order_id)
    expires = session_of(emulator, order_id).expires_at
    assert timedelta(minutes=30) < timedelta(seconds=expires - order.created_at.timestamp()) <= timedelta(minutes=42)
    # Repeated within some minutes, the call is the same one.
    assert params_of(order)["expires_at"] == params_of(order)["expires_at"] == expires
    # Long after, it would still be accepted.
    for minutes in (9.99, 10, 35, 1300):
        order.created_at = timezone.now() - timedelta(minutes=minutes)
        left = params_of(order)["expires_at"] - timezone.now().timestamp()
        assert 30 * 60 < left < 24 * 3600, minutes
    # An order whose session must have expired can't be paid, even if the event was lost.
    Order.objects.update(created_at=timezone.now() - timedelta(minutes=42))
    assert checkout(client, **{"Idempotency-Key": "one-click"}).json()["code"] == "order_closed"


def test_the_longest_life_is_a_day(settings: Settings) -> None:
    configure(settings, LIFETIME_MINUTES="1439")
    order = new_order()
    assert params_of(order)["expires_at"] - order.created_at.timestamp() <= 24 * 3600


def test_the_options_reach_stripe(client: Client, settings: Settings, emulator: Emulator) -> None:
    options = {"PHONE": "1", "BILLING_ADDRESS": "required", "LOCALE": "de", "TEXT": "Danke!", "PAYMENT_METHODS": "card"}
    configure(settings, SHIPPING_COUNTRIES="US,DE", **options)
    session = session_of(emulator, checkout(client).json()["order_id"])
    assert session.phone_number_collection.enabled
    assert session.shipping_address_collection.allowed_countries == ["US", "DE"]
    assert (session.billing_address_collection, session.locale) == ("required", "de")
    assert session.custom_text.submit.message == "Danke!"
    assert session.payment_method_types == ["card"]


# The function ------------------------------------------------------------------------------------------------------


def test_the_function_adds_what_it_likes(client: Client, emulator: Emulator, customize: Use) -> None:
    def add(params: Params) -> Params:
        params["metadata"]["season"] = "summer"
        params["payment_intent_data"]["description"] = "A parcel"
        for line in params["line_items"]:
            line["price_data"]["product_data"]["description"] = "Blue"
        return params | {"submit_type": "book"}

    customize(add)
    session_params.check()
    order_id = checkout(client).json()["order_id"]
    session = session_of(emulator, order_id)
    assert (session.submit_type, session.metadata["season"]) == ("book", "summer")
    assert session.metadata["order_id"] == order_id


def test_what_it_changes_does_not_leak_into_the_next_order(customize: Use, settings: Settings) -> None:
    configure(settings, SHIPPING_COUNTRIES="US")

    def add(params: Params) -> Params:
        params["shipping_address_collection"]["allowed_countries"].append("DE")
        return params

    customize(add)
    for _ in range(2):
        assert params_of(new_order())["shipping_address_collection"]["allowed_countries"] == ["US", "DE"]


def _without(name: str) -> Callable[[Params], Params]:
    return lambda params: {key: value for key, value in params.items() if key != name}


def _rename_the_order(params: Params) -> Params:
    params["metadata"]["order_id"] = "WC-1234"
    return params


def _cheaper(params: Params) -> Params:
    params["line_items"][0]["price_data"]["unit_amount"] = 1
    return params


def _more(params: Params) -> Params:
    params["line_items"][0]["quantity"] = 7
    return params


def _monthly(params: Params) -> Params:
    params["line_items"][0]["price_data"]["recurring"] = {"interval": "month"}
    return params


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda params: params | {"mode": "setup"}, "changes mode"),
        (lambda params: params | {"client_reference_id": "cart-17"}, "changes client_reference_id"),
        (lambda params: params | {"success_url": "https://shop.example"}, "changes success_url"),
        (_without("cancel_url"), "changes cancel_url"),
        (_without("metadata"), "changes metadata"),
        (_rename_the_order, "changes metadata"),
        (lambda params: params | {"payment_intent_data": {"description": "x"}}, "changes payment_intent_data.metadata"),
        (
            lambda params: (
                params | {"payment_intent_data": {**params["payment_intent_data"], "capture_method": "manual"}}
            ),
            "sets payment_intent_data.capture_method",
        ),
        (
            lambda params: params | {"payment_method_options": {"card": {"capture_method": "manual"}}},
            "sets payment_method_options.*.capture_method",
        ),
        (lambda params: params | {"ui_mode": "embedded_page"}, "sets ui_mode"),
        (lambda params: params | {"after_expiration": {"recovery": {"enabled": True}}}, "sets after_expiration"),
        (lambda params: params | {"currency": "eur"}, "sets currency"),
        (_cheaper, "changes line_items"),
        (_more, "changes line_items"),
        (_monthly, "changes line_items"),
        (lambda params: params | {"line_items": params["line_items"] * 2}, "changes line_items"),
        (lambda params: params | {"line_items": []}, "changes line_items"),
        (lambda params: params["no_such_key"], "failed for a sample order: KeyError"),
        (lambda params: None, "failed for a sample order: AttributeError"),
    ],
)
def test_what_would_break_a_promise_is_refused_by_name(
    customize: Use, function: Callable[[Params], Params], name: str
) -> None:
    customize(function)
    with pytest.raises(ImproperlyConfigured) as refused:
        session_params.check()
    assert f"customize_session (app/payments/session_options.py) {name}" in str(refused.value)


def test_the_sample_order_has_a_currency_that_can_be_shipped(settings: Settings) -> None:
    configure(settings, SHIPPING_OPTIONS="Standard 4.50 EUR")
    session_params.check()


# Lines that the buyer can change -----------------------------------------------------------------------------------


def adjustable(params: Params) -> Params:
    for line in params["line_items"]:
        line["adjustable_quantity"] = {"enabled": True, "maximum": 10}
    return params


def sell(client: Client, emulator: Emulator, *lines: tuple[str, int, int], subtotal: int | None = None) -> Order:
    """Return a paid order whose buyer bought these lines (SKU, unit amount, quantity), not one default product."""
    order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    items: Any = [
        {
            "quantity": quantity,
            "price_data": {
                "currency": "usd",
                "unit_amount": amount,
                "product_data": {"name": sku, "metadata": {"sku": sku}},
            },
        }
        for sku, amount, quantity in lines
    ]
    session = emulator.stripe.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://x.test",
            "client_reference_id": str(order.pk),
            "metadata": {"order_id": str(order.pk)},
            "line_items": items,
        }
    )
    Order.objects.filter(pk=order.pk).update(stripe_session_id=session.id, lines_open=True)
    if subtotal is None:
        emulator.pay(session.id)
        catch_up()
    else:
        deliver(client, event_for(order, id=session.id, amount_subtotal=subtotal, amount_total=subtotal))
    order = Order.objects.get(pk=order.pk)
    assert order.status == "paid"
    return order


def lines_of(order: Order) -> list[tuple[str, str, int, int]]:
    return list(OrderItem.objects.filter(order=order).values_list("sku", "name", "unit_amount", "quantity"))


def test_it_is_known_that_the_buyer_can_change_the_lines(customize: Use) -> None:
    order = new_order()
    assert not session_params.lets_buyer_change_lines(params_of(order))  # type: ignore[arg-type]
    customize(adjustable)
    session_params.check()
    assert session_params.lets_buyer_change_lines(params_of(order))  # type: ignore[arg-type]
    customize(lambda params: params | {"optional_items": [{"price": "price_1", "quantity": 1}]})
    assert session_params.lets_buyer_change_lines(params_of(order))  # type: ignore[arg-type]


def test_changed_lines_are_read_back_before_the_fulfillment(
    client: Client, emulator: Emulator, mailoutbox: list[Any]
) -> None:
    Product.objects.create(sku="mug", name="Enamel mug", unit_amount=1800)
    order = sell(client, emulator, ("default", 2000, 3), ("mug", 1800, 1))
    assert lines_of(order) == [("default", "Demo product", 2000, 1)]
    assert "Demo product" not in client.get(f"/return/{order.pk}/").content.decode()  # it may be wrong
    Order.objects.filter(pk=order.pk).update(customer_email="ada@example.com")
    outbox.process_due()
    bought = [("default", "Demo product", 2000, 3), ("mug", "Enamel mug", 1800, 1)]
    assert lines_of(order) == bought
    order.refresh_from_db()
    assert (order.amount_total, order.amount_paid, order.lines_open) == (7800, 7800, False)
    assert "3 × Demo product: 60.00 USD" in mailoutbox[0].body
    shown = client.get(f"/api/orders/{order.pk}/").json()
    assert [item["quantity"] for item in shown["items"]] == [3, 1]
    # The event again changes nothing.
    same: dict[str, Any] = {"id": order.stripe_session_id, "payment_intent": order.stripe_payment_intent_id}
    deliver(client, event_for(order, **same, amount_subtotal=7800, amount_total=7800))
    order.refresh_from_db()
    assert (order.status, lines_of(order)) == ("paid", bought)


@pytest.mark.parametrize("refunded", [False, True])
def test_changed_lines_are_read_back_before_another_system_is_told(
    client: Client, emulator: Emulator, settings: Settings, refunded: bool
) -> None:
    settings.ORDER_WEBHOOK_SECRETS, settings.ORDER_WEBHOOK_ALLOW_PRIVATE = ["whsec_" + "c2VjcmV0" * 4], True
    with endpoint_running() as other_system:
        settings.ORDER_WEBHOOK_URL = other_system.url
        order = sell(client, emulator, ("default", 2000, 3))
        if refunded:  # before the worker gets to it: `order.paid` is not sent
            changes = {"payment_intent": order.stripe_payment_intent_id, "amount_refunded": 6000}
            deliver(client, event_for(order, "charge.refunded", **changes))
        outbox.process_due()
    sent = json.loads(other_system.received[0][1])
    assert sent["type"] == ("order.refunded" if refunded else "order.paid")
    assert [(item["sku"], item["quantity"]) for item in sent["data"]["items"]] == [("default", 3)]
    order.refresh_from_db()
    assert (sent["data"]["amount_total"], sent["data"]["version"]) == (6000, order.version)


def test_a_line_that_is_not_in_the_catalog_goes_to_review(client: Client, emulator: Emulator) -> None:
    order = sell(client, emulator, ("default", 2000, 1), ("unknown", 100, 1))
    outbox.process_due()
    order.refresh_from_db()
    assert order.status == "needs_review"
    assert "Stripe's line 'unknown' is not in the catalog." in order.reason
    assert lines_of(order) == [("default", "Demo product", 2000, 1)]
    assert Fulfillment.objects.get().status == "skipped"


def test_lines_that_do_not_add_up_go_to_review(client: Client, emulator: Emulator) -> None:
    order = sell(client, emulator, ("default", 2000, 3), subtotal=5000)
    outbox.process_due()
    order.refresh_from_db()
    assert order.status == "needs_review"
    assert "The lines at Stripe come to 60.00 USD, but its amount_subtotal is 50.00 USD." in order.reason


def test_lines_are_read_back_later_if_stripe_is_down(client: Client, emulator: Emulator) -> None:
    order = sell(client, emulator, ("default", 2000, 2))
    fault = {"kind": "error", "status": 403, "path": "/v1/checkout/sessions/*"}
    emulator.control("POST", "faults", fault)
    outbox.process_one()
    row = Fulfillment.objects.get()
    assert (row.status, row.attempts) == ("pending", 1)
    assert "Problem" in row.error
    emulator.control("DELETE", "faults")
    Fulfillment.objects.update(next_attempt_at=timezone.now())
    outbox.process_due()
    assert lines_of(order) == [("default", "Demo product", 2000, 2)]
    assert Fulfillment.objects.get().status == "done"


# Prices at Stripe --------------------------------------------------------------------------------------------------


def test_a_price_at_stripe_is_charged(client: Client, emulator: Emulator) -> None:
    product = emulator.stripe.v1.products.create({"name": "Enamel mug"})
    price = emulator.stripe.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1800})
    Product.objects.create(sku="mug", name="Mug", unit_amount=1800, stripe_price_id=price.id)
    order_id = checkout(client, {"items": [{"sku": "mug", "quantity": 2}]}).json()["order_id"]
    [line] = session_of(emulator, order_id).line_items.data
    assert (line.price.id, line.quantity, line.amount_total) == (price.id, 2, 3600)
    order = Order.objects.get(pk=order_id)
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    assert (order.status, order.amount_paid) == ("paid", 3600)


def test_a_price_that_differs_from_the_catalog_goes_to_review(client: Client, emulator: Emulator) -> None:
    product = emulator.stripe.v1.products.create({"name": "Enamel mug"})
    price = emulator.stripe.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1900})
    Product.objects.create(sku="mug", name="Mug", unit_amount=1800, stripe_price_id=price.id)
    order = Order.objects.get(pk=checkout(client, {"items": [{"sku": "mug"}]}).json()["order_id"])
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    assert (order.status, order.amount_paid) == ("needs_review", 1900)
