"""`POST /api/checkout/` against the real emulator."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments.models import Order, Product
from app.payments.stripe import client as stripe_client
from app.payments.stripe.catch_up import catch_up
from tests.emulator import Emulator
from tests.stack import reserve_port

pytestmark = pytest.mark.django_db


def checkout(client: Client, body: Any = None, **headers: str) -> Any:
    """POST /api/checkout/ with `body` as JSON, or with none."""
    if body is None:
        return client.generic("POST", "/api/checkout/", headers=headers)
    return client.post("/api/checkout/", json.dumps(body), content_type="application/json", headers=headers)


def session_of(emulator: Emulator, order_id: str) -> Any:
    session_id = Order.objects.get(pk=order_id).stripe_session_id
    assert session_id
    return emulator.stripe.v1.checkout.sessions.retrieve(session_id, {"expand": ["line_items"]})


def test_no_body_buys_the_default_product(client: Client, emulator: Emulator) -> None:
    answer = checkout(client)
    assert answer.status_code == 200
    order = Order.objects.get(pk=answer.json()["order_id"])
    assert (order.status, order.amount_total, order.currency) == ("pending", 2000, "usd")
    assert [(item.sku, item.quantity) for item in order.items.all()] == [("default", 1)]


def test_the_answer_says_where_to_pay_and_where_to_ask(client: Client, emulator: Emulator) -> None:
    answer = checkout(client).json()
    assert answer["checkout_url"].startswith("http")
    assert client.get(urlsplit(answer["status_url"]).path).json()["id"] == answer["order_id"]


def test_the_session_carries_the_order(client: Client, emulator: Emulator) -> None:
    order_id = checkout(client, {"customer_email": "jenny@example.com"}).json()["order_id"]
    session = session_of(emulator, order_id)
    assert session.client_reference_id == session.metadata["order_id"] == order_id
    assert (session.amount_total, session.customer_email) == (2000, "jenny@example.com")
    assert session.success_url == f"http://testserver/return/{order_id}/"
    assert session.cancel_url == f"http://testserver/return/{order_id}/?canceled=1"


def test_prices_come_from_the_catalogue(client: Client, emulator: Emulator) -> None:
    Product.objects.create(sku="mug", name="Mug", unit_amount=1800)
    body = {"items": [{"sku": "mug", "quantity": 2}, {"sku": "mug", "quantity": 1}]}
    order_id = checkout(client, body).json()["order_id"]
    lines = session_of(emulator, order_id).line_items.data
    assert [(line.description, line.quantity, line.amount_total) for line in lines] == [("Mug", 3, 5400)]


def test_a_price_in_the_request_is_refused(client: Client, emulator: Emulator) -> None:
    answer = checkout(client, {"items": [{"sku": "default", "quantity": 1, "unit_amount": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"items": [{"sku": "no-such-thing"}]}, "unknown_product"),
        ({"items": [{"sku": "retired"}]}, "unknown_product"),
        ({"items": [{"sku": "tea"}, {"sku": "mug"}]}, "mixed_currencies"),
        ({"items": [{"sku": "mug", "quantity": 0}]}, "invalid_request"),
        ({"items": [{"sku": "mug", "quantity": 101}]}, "invalid_request"),
        ({"items": [{"sku": "mug", "quantity": "2"}]}, "invalid_request"),
        ({"items": [{"sku": "mug"}] * 21}, "invalid_request"),
        ({"items": "mug"}, "invalid_request"),
        ({"items": [{"sku": "mug\0"}]}, "invalid_request"),
        ({"items": [{"sku": "\ud800"}]}, "invalid_request"),
        ({"customer_email": "a\0@b.example"}, "invalid_request"),
        ({"customer_email": "nobody"}, "invalid_request"),
        ({"customer_email": "a@b.example\nBcc: all@b.example"}, "invalid_request"),
        ({"surprise": 1}, "invalid_request"),
        ([], "invalid_request"),
        ({"items": [{"sku": "yacht", "quantity": 2}]}, "amount_too_large"),
        ({"return_url": "https://phisher.example/"}, "return_url_not_allowed"),
        ({"return_url": "javascript:alert(1)"}, "return_url_not_allowed"),
        ({"return_url": "//phisher.example"}, "return_url_not_allowed"),
        ({"return_url": "http://phisher.example\\@192.168.1.1/"}, "return_url_not_allowed"),
        ({"return_url": "http://me:secret@192.168.1.1/"}, "return_url_not_allowed"),
        ({"return_url": "http://192.168.1.1/\r\nLocation: x"}, "return_url_not_allowed"),
        ({"return_url": "http://[::1/"}, "return_url_not_allowed"),
        ({"return_url": "http://[1:::2]/"}, "return_url_not_allowed"),
        ({"return_url": "https://testserver@phisher.example/"}, "return_url_not_allowed"),
        ({"return_url": "http://134744072/"}, "return_url_not_allowed"),
        ({"return_url": "http://[::ffff:8.8.8.8]/"}, "return_url_not_allowed"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client: Client, body: Any, code: str) -> None:
    Product.objects.create(sku="mug", name="Mug", unit_amount=1800)
    Product.objects.create(sku="tea", name="Tea", unit_amount=500, currency="eur")
    Product.objects.create(sku="retired", name="Retired", unit_amount=500, active=False)
    Product.objects.create(sku="yacht", name="Yacht", unit_amount=99_999_999)
    answer = checkout(client, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (400, code, 400)
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["detail"]
    assert not Order.objects.exists()


def test_json_that_is_none_is_refused(client: Client) -> None:
    answer = client.post("/api/checkout/", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_another_content_type_is_refused(client: Client) -> None:
    answer = client.post("/api/checkout/", "items=mug", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    answer = client.post("/api/checkout/", " " * 2_000_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_same_idempotency_key_gives_the_same_order(client: Client, emulator: Emulator) -> None:
    first, second = (checkout(client, **{"Idempotency-Key": "one-click"}).json() for _ in range(2))
    assert first == second
    assert Order.objects.count() == 1


def test_an_idempotency_key_does_not_serve_for_two_different_orders(client: Client, emulator: Emulator) -> None:
    checkout(client, **{"Idempotency-Key": "one-click"})
    answer = checkout(client, {"customer_email": "jenny@example.com"}, **{"Idempotency-Key": "one-click"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_reused")


def test_an_idempotency_key_has_at_most_255_characters(client: Client) -> None:
    assert checkout(client, **{"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_frontend_of_this_network_is_returned_to(client: Client, emulator: Emulator) -> None:
    body = {"return_url": "http://192.168.1.20:5500/shop.html?lang=de#cart"}
    order_id = checkout(client, body).json()["order_id"]
    session = session_of(emulator, order_id)
    assert session.success_url == f"http://192.168.1.20:5500/shop.html?lang=de&order_id={order_id}#cart"
    assert session.cancel_url == f"http://192.168.1.20:5500/shop.html?lang=de&order_id={order_id}&canceled=1#cart"


def test_with_an_allow_list_only_its_frontends_are_returned_to(
    client: Client, emulator: Emulator, settings: Settings
) -> None:
    settings.FRONTEND_ORIGINS = ["https://shop.example"]
    assert checkout(client, {"return_url": "https://shop.example/done"}).status_code == 200
    assert checkout(client, {"return_url": "http://192.168.1.20/"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "start"),
    [
        ({"Origin": "https://shop.example"}, "https://shop.example/?order_id="),
        (
            {"Origin": "https://shop.example", "Referer": "https://shop.example/buy?x=1"},
            "https://shop.example/buy?x=1&order_id=",
        ),
        ({"Origin": "https://shop.example", "Referer": "https://phisher.example/"}, "https://shop.example/?order_id="),
        ({"Origin": "https://phisher.example"}, "http://testserver/return/"),
        ({"Referer": "https://phisher.example/"}, "http://testserver/return/"),
    ],
)
def test_a_frontend_on_the_allow_list_is_returned_to_unasked(
    client: Client, emulator: Emulator, settings: Settings, headers: dict[str, str], start: str
) -> None:
    settings.FRONTEND_ORIGINS = ["https://shop.example"]
    order_id = checkout(client, **headers).json()["order_id"]
    assert session_of(emulator, order_id).success_url.startswith(start)


def test_when_stripe_is_down_the_order_stays_and_the_same_call_works_later(
    client: Client, emulator: Emulator, settings: Settings
) -> None:
    with reserve_port() as nobody:
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        stripe_client.client.cache_clear()
        down = checkout(client, **{"Idempotency-Key": "patient"})
    assert (down.status_code, down.json()["code"]) == (503, "stripe_unreachable")
    assert int(down["Retry-After"]) > 0
    order = Order.objects.get(pk=down.json()["order_id"])
    assert (order.status, order.reason_code) == ("pending", "stripe_unreachable")

    settings.STRIPE_EMULATOR_URL = emulator.url
    stripe_client.client.cache_clear()
    up = checkout(client, **{"Idempotency-Key": "patient"})
    assert (up.status_code, up.json()["order_id"]) == (200, str(order.pk))
    order.refresh_from_db()
    assert order.reason_code == ""


def test_an_order_whose_key_stripe_has_forgotten_is_not_opened_a_second_time(
    client: Client, emulator: Emulator
) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 403, "path": "/v1/checkout/sessions"})
    assert checkout(client, **{"Idempotency-Key": "late"}).status_code == 502
    emulator.control("DELETE", "faults")
    Order.objects.update(created_at=timezone.now() - timedelta(hours=24))
    answer = checkout(client, **{"Idempotency-Key": "late"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_expired")
    assert emulator.stripe.v1.checkout.sessions.list().data == []


def test_a_session_that_was_opened_by_a_call_that_died_is_found_by_the_same_call(
    client: Client, emulator: Emulator
) -> None:
    first = checkout(client, **{"Idempotency-Key": "cut short"}).json()
    # What a process leaves behind that is killed between Stripe's answer and our note of it.
    Order.objects.update(stripe_session_id=None, checkout_url="")
    assert checkout(client, **{"Idempotency-Key": "cut short"}).json() == first


def test_an_order_that_was_only_heard_of_after_its_end_can_not_be_paid(client: Client, emulator: Emulator) -> None:
    order_id = checkout(client, **{"Idempotency-Key": "cut short"}).json()["order_id"]
    session_id = Order.objects.get().stripe_session_id or ""
    Order.objects.update(stripe_session_id=None, checkout_url="")
    emulator.stripe.v1.checkout.sessions.expire(session_id)
    catch_up()
    assert Order.objects.get(pk=order_id).status == "expired"
    answer = checkout(client, **{"Idempotency-Key": "cut short"})
    assert (answer.status_code, answer.json()["code"]) == (400, "order_closed")


def test_what_stripe_refuses_is_passed_on_with_its_request_id(client: Client, emulator: Emulator) -> None:
    Product.objects.create(sku="crumb", name="Crumb", unit_amount=1)
    answer = checkout(client, {"items": [{"sku": "crumb"}]})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (502, "stripe_refused")
    assert problem["stripe_request_id"].startswith("req_")
    assert Order.objects.get(pk=problem["order_id"]).reason == problem["detail"]
