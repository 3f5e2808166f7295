"""`GET /api/orders/{id}/`."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from app.payments.models import Fulfillment, Order
from tests.support.emulator import Emulator
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def status(client: Client, order_id: object) -> Any:
    return client.get(f"/api/orders/{order_id}/").json()


def started_long_ago(client: Client) -> Order:
    """Return an order at the emulator that was created a minute ago."""
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    return order


def test_a_new_order_is_pending_and_can_be_paid(client: Client, order: Order) -> None:
    shown = status(client, order.pk)
    assert (shown["status"], shown["amount_total"], shown["currency"]) == ("pending", 2000, "usd")
    assert (shown["reason"], shown["paid_at"]) == (None, None)
    assert shown["checkout_url"] == "http://testserver/c/pay/cs_test_a1"
    assert shown["items"] == [{"sku": "default", "name": "Demo product", "unit_amount": 2000, "quantity": 1}]


@pytest.mark.parametrize(("currency", "digits"), [("usd", 2), ("jpy", 0), ("kwd", 3), ("ugx", 2), ("isk", 2)])
def test_the_response_has_stripes_decimals(client: Client, order: Order, currency: str, digits: int) -> None:
    Order.objects.filter(pk=order.pk).update(currency=currency)
    assert status(client, order.pk)["currency_digits"] == digits


def test_a_paid_order_can_not_be_paid_again(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    shown = status(client, order.pk)
    assert (shown["status"], shown["checkout_url"]) == ("paid", None)
    assert shown["paid_at"]


def test_a_decline_has_its_reason(client: Client, order: Order) -> None:
    deliver(client, event_for(order, "payment_intent.payment_failed"))
    expected = {"code": "insufficient_funds", "message": "Your card has insufficient funds."}
    assert status(client, order.pk)["reason"] == expected


def test_the_response_has_no_personal_or_stripe_data(client: Client, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(customer_email="jenny@example.com", idempotency_key="secret")
    answer = client.get(f"/api/orders/{order.pk}/").content.decode()
    assert "jenny" not in answer
    assert "secret" not in answer


@pytest.mark.parametrize("order_id", ["00000000-0000-4000-8000-000000000000", "1", "x"])
def test_an_unknown_order_is_not_found(client: Client, order_id: str) -> None:
    answer = client.get(f"/api/orders/{order_id}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_order_ids_are_random(client: Client, emulator: Emulator) -> None:
    ids = [uuid.UUID(client.generic("POST", "/api/checkout/").json()["order_id"]) for _ in range(2)]
    assert [each.version for each in ids] == [4, 4]  # 122 random bits (RFC 9562)
    assert ids[0] != ids[1]


def test_orders_can_not_be_listed(client: Client, order: Order) -> None:
    assert client.get("/api/orders/").status_code == 404


def test_a_lost_webhook_is_recovered_by_a_status_request(client: Client, emulator: Emulator) -> None:
    order = started_long_ago(client)
    assert order.stripe_session_id
    emulator.pay(order.stripe_session_id)
    assert status(client, order.pk)["status"] == "paid"
    assert Fulfillment.objects.filter(order=order).exists()


def test_stripe_is_asked_only_now_and_then(client: Client, emulator: Emulator) -> None:
    order = started_long_ago(client)
    assert order.stripe_session_id
    assert status(client, order.pk)["status"] == "pending"
    emulator.pay(order.stripe_session_id)
    assert status(client, order.pk)["status"] == "pending"
    Order.objects.filter(pk=order.pk).update(checked_at=timezone.now() - timedelta(minutes=1))
    assert status(client, order.pk)["status"] == "paid"


def test_the_known_status_is_shown_while_stripe_fails(client: Client, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert status(client, order.pk)["status"] == "pending"


def test_the_openapi_document_lists_every_status(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["components"]["schemas"]["OrderOut"]["properties"]["status"]["enum"] == Order.Status.values


def test_the_openapi_document_suits_generators(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    operations = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    assert operations == {"createCheckout", "getOrder", "listProducts"}
    schemas = document["components"]["schemas"]
    assert all(schema["examples"] for name, schema in schemas.items() if name not in ("FieldErrorOut", "ProductsOut"))
    # Generators make a field that has a default a required one.
    for name in ("CheckoutIn", "ItemIn"):
        assert not any("default" in each for each in schemas[name]["properties"].values())
    assert "required" not in schemas["CheckoutIn"]
    problem = schemas["ProblemOut"]
    assert problem["required"] == ["type", "title", "status", "code", "detail"]
    optional = {"errors", "order_id", "stripe_code", "stripe_request_id"}
    assert problem["properties"].keys() - set(problem["required"]) == optional
