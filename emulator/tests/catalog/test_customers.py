"""`/v1/customers` with their sources, discounts and payment methods, and the supported part of `/v1/subscriptions`."""

import pytest
import stripe

from support.running import Running


def test_a_customer_is_created_updated_listed_and_deleted(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({"email": "a@example.com", "name": "Ada"})
    updated = client.v1.customers.update(customer.id, {"name": "", "phone": "+43"})
    assert (updated.name, updated.phone) == (None, "+43")
    assert [each.id for each in client.v1.customers.list({"email": "a@example.com"}).data] == [customer.id]
    assert client.v1.customers.list({"email": "b@example.com"}).data == []
    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    assert client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.update(customer.id, {"name": "x"})
    assert emulator.events() == ["customer.created", "customer.updated", "customer.deleted"]


def test_payment_methods_are_attached_listed_and_detached(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert method.customer == customer.id
    found = client.v1.customers.payment_methods.list(customer.id, {"type": "card"})
    assert [each.id for each in found.data] == [method.id]
    other = client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(method.id, {"customer": other.id})
    assert client.v1.payment_methods.detach(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="detachment is impossible"):
        client.v1.payment_methods.detach(method.id)
    kinds = [kind for kind in emulator.events() if kind.startswith("payment_method")]
    assert kinds == ["payment_method.attached", "payment_method.detached"]


def test_a_test_name_can_be_the_default_payment_method(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    assert customer.invoice_settings
    assert str(customer.invoice_settings.default_payment_method).startswith("pm_")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        emulator.client().v1.customers.create({"invoice_settings": {"default_payment_method": "pm_none"}})


def test_a_payment_method_is_updated(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    method = client.v1.customers.payment_methods.list(customer.id).data[0]
    updated = client.v1.payment_methods.update(
        method.id, {"billing_details": {"name": "Ada"}, "card": {"exp_year": 2044}}
    )
    assert updated.billing_details.name == "Ada"
    assert updated.card
    assert (updated.card.exp_year, updated.card.last4) == (2044, "4242")
    assert emulator.events()[-1] == "payment_method.updated"


def test_sources_are_listed_by_their_kind(emulator: Running) -> None:
    customer = emulator.api("POST", "/v1/customers", {"source": "tok_visa"}).json()
    path = f"/v1/customers/{customer['id']}/sources"
    found = {kind: emulator.api("GET", path, {"object": kind}).json()["data"] for kind in ("card", "bank_account")}
    assert [card["id"] for card in found["card"]] == [customer["default_source"]]
    assert found["bank_account"] == []


def test_a_source_can_be_charged(emulator: Running) -> None:
    client = emulator.client()
    customer = client.v1.customers.create({"source": "tok_mastercard"})
    assert str(customer.default_source).startswith("card_")
    charge = client.v1.charges.create({"amount": 900, "currency": "usd", "customer": customer.id})
    assert charge.payment_method_details
    assert charge.payment_method_details.card
    assert charge.payment_method_details.card.brand == "mastercard"
    path = f"/v1/customers/{customer.id}/sources/{customer.default_source}"
    assert emulator.api("POST", path, {"name": "Ada"}).json()["name"] == "Ada"
    assert emulator.api("DELETE", path).json()["deleted"] is True
    assert client.v1.customers.retrieve(customer.id).default_source is None
    events = emulator.events()
    assert [kind for kind in events if ".source." in kind] == [
        "customer.source.created",
        "customer.source.updated",
        "customer.source.deleted",
    ]


def test_a_discount_is_added_changed_and_removed(emulator: Running) -> None:
    client = emulator.client()
    first, second = (client.v1.coupons.create({"percent_off": percent}) for percent in (20, 30))
    customer = emulator.api("POST", "/v1/customers", {"coupon": first.id}).json()
    path = f"/v1/customers/{customer['id']}"
    assert customer["discount"]["source"] == {"coupon": first.id, "type": "coupon"}
    assert emulator.api("POST", path, {"coupon": second.id}).json()["discount"]["source"]["coupon"] == second.id
    assert emulator.api("POST", path, {"coupon": ""}).json()["discount"] is None
    kinds = [kind for kind in emulator.events() if "discount" in kind]
    assert [kind.rpartition(".")[2] for kind in kinds] == ["created", "updated", "deleted"]


def test_a_coupon_is_created_updated_and_deleted(emulator: Running) -> None:
    client = emulator.client()
    coupon = client.v1.coupons.create({"id": "SUMMER", "amount_off": 500, "currency": "usd"})
    assert (coupon.id, coupon.valid, coupon.duration) == ("SUMMER", True, "once")
    client.v1.coupons.update("SUMMER", {"name": "Summer"})
    assert client.v1.coupons.delete("SUMMER").deleted is True
    assert emulator.events() == ["coupon.created", "coupon.updated", "coupon.deleted"]
    for wrong in ({}, {"percent_off": 20, "amount_off": 1}, {"amount_off": 500}, {"percent_off": 101}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.coupons.create(wrong)  # type: ignore[arg-type]


def test_subscriptions_work_without_invoices(emulator: Running) -> None:
    client = emulator.client()
    price = client.v1.prices.create(
        {"currency": "usd", "unit_amount": 100, "product_data": {"name": "A"}, "recurring": {"interval": "month"}}
    )
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    trial = client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 1,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )
    assert trial.status == "trialing"
    assert client.v1.subscriptions.update(trial.id, {"trial_end": "now"}).status == "paused"
    assert client.v1.subscriptions.cancel(trial.id).status == "canceled"
    assert [kind for kind in emulator.events() if "subscription" in kind] == [
        "customer.subscription.created",
        "customer.subscription.trial_will_end",
        "customer.subscription.updated",
        "customer.subscription.paused",
        "customer.subscription.deleted",
    ]
