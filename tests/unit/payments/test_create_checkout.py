"""`POST /api/checkout/` against the real emulator."""

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from app.payments.api.catalog import ensure_default_product
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order, Product
from app.payments.stripe import client as stripe_client
from app.payments.stripe.catch_up import catch_up
from app.web.installation import installation
from tests.support.emulator import Emulator
from tests.support.stack import reserve_port
from tests.support.waiting import until

pytestmark = pytest.mark.django_db


def checkout(client: Client, body: Any = None, **headers: str) -> Any:
    """POST /api/checkout/ with `body` as JSON, or without a body."""
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


def test_the_response_has_payment_and_status_urls(client: Client, emulator: Emulator) -> None:
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


@pytest.mark.parametrize("count", [0, 1, 47, 48, 49, 50])
def test_reference_and_metadata_reach_everything(client: Client, emulator: Emulator, count: int) -> None:
    longest = {f"{number:02}{'k' * 38}": "ü" * 500 for number in range(count)}
    order_id = checkout(client, {"reference": "cart 17/ü", "metadata": longest}).json()["order_id"]
    order = Order.objects.get(pk=order_id)  # what `fulfill` gets
    assert (order.reference, order.metadata) == ("cart 17/ü", longest)
    shown = client.get(f"/api/orders/{order_id}/").json()
    assert (shown["reference"], shown["metadata"]) == ("cart 17/ü", longest)
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    intent = emulator.stripe.v1.payment_intents.retrieve(order.stripe_payment_intent_id)
    of_session, of_payment = session_of(emulator, order_id).metadata.to_dict(), intent.metadata.to_dict()
    ours = {"order_id": order_id, "installation": installation(), "reference": "cart 17/ü"}
    # Stripe allows 50 keys: the session has all of the caller's, and the payment all of ours.
    assert of_session.items() >= longest.items()
    assert of_payment.items() >= ours.items()
    assert all(len(kept) == min(count + 3, 50) for kept in (of_session, of_payment))
    assert {**of_session, **of_payment} == {**longest, **ours}
    assert (order.status, order.reference, order.metadata) == ("paid", "cart 17/ü", longest)


def test_reference_and_metadata_belong_to_the_idempotency_key(client: Client, emulator: Emulator) -> None:
    key, body = {"Idempotency-Key": "one-click"}, {"reference": "cart-17", "metadata": {"user": "ada"}}
    first = checkout(client, body, **key).json()
    assert checkout(client, body, **key).json() == first
    for other in ({}, {"reference": "cart-17"}, body | {"reference": "cart-18"}, body | {"metadata": {"user": "bob"}}):
        assert checkout(client, other, **key).json()["code"] == "idempotency_key_reused"


def test_a_key_from_before_the_reference_is_recognized(client: Client, emulator: Emulator) -> None:
    first = checkout(client, **{"Idempotency-Key": "before the upgrade"}).json()
    before = json.dumps({"customer_email": "", "items": [], "return_url": ""}, sort_keys=True)
    Order.objects.update(request_fingerprint=hashlib.sha256(before.encode()).hexdigest())
    assert checkout(client, **{"Idempotency-Key": "before the upgrade"}).json() == first


def test_prices_come_from_the_catalog(client: Client, emulator: Emulator) -> None:
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
        ({"customer_email": "jenny"}, "invalid_request"),
        ({"customer_email": "a@b.example\nBcc: all@b.example"}, "invalid_request"),
        ({"surprise": 1}, "invalid_request"),
        ([], "invalid_request"),
        ({"items": []}, "invalid_request"),
        ({"items": [{"sku": "mug", "quantity": 60}, {"sku": "mug", "quantity": 41}]}, "invalid_request"),
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
def test_a_bad_request_gets_a_clear_error(client: Client, body: Any, code: str) -> None:
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


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("idr", 150_000_000), ("idr", 3_000_000_000), ("huf", 17_550), ("huf", 100_000_000), ("ugx", 500), ("kwd", 5120)],
)
def test_every_currency_is_sold_within_stripes_limits(
    client: Client, emulator: Emulator, currency: str, amount: int
) -> None:
    Product.objects.create(sku="lamp", name="Lamp", unit_amount=amount, currency=currency)
    order_id = checkout(client, {"items": [{"sku": "lamp", "quantity": 2}]}).json()["order_id"]
    session = session_of(emulator, order_id)
    assert (session.amount_total, session.currency) == (2 * amount, currency)


@pytest.mark.parametrize(
    ("stored", "code", "error"),
    [
        ({"unit_amount": 60_000_000}, "amount_too_large", "1200000.00 USD is above Stripe's maximum of 999999.99 USD"),
        # Left in the catalog by an older version or a bulk statement.
        ({"unit_amount": 10}, "amount_too_small", "0.20 USD is below Stripe's minimum of 0.50 USD."),
        ({"currency": "EUR"}, "unknown_currency", "Stripe has no currency 'EUR'."),
        ({"unit_amount": 5551, "currency": "kwd"}, "invalid_amount", "11.102 KWD can't be charged"),
    ],
)
def test_a_total_that_stripe_rejects_creates_no_order(
    client: Client, emulator: Emulator, stored: dict[str, Any], code: str, error: str
) -> None:
    Product.objects.create(sku="lamp", name="Lamp", unit_amount=1000)
    Product.objects.filter(sku="lamp").update(**stored)
    answer = checkout(client, {"items": [{"sku": "lamp", "quantity": 2}]})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert error in answer.json()["detail"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("page", ["file:///home/ann/index.html", "file://C:/shop/index.html", "null/index.html"])
def test_a_file_can_not_be_returned_to(client: Client, page: str) -> None:
    answer = checkout(client, {"return_url": page}, Origin="null")
    assert (answer.status_code, answer.json()["code"]) == (400, "return_url_not_allowed")
    assert "opened as a file" in answer.json()["detail"]
    assert "Omit return_url" in answer.json()["detail"]


@pytest.mark.parametrize("origins", [[], ["https://shop.example"]])
def test_a_page_without_an_origin_gets_our_return_page(
    client: Client, emulator: Emulator, settings: Settings, origins: list[str]
) -> None:
    settings.FRONTEND_ORIGINS = origins
    order_id = checkout(client, Origin="null").json()["order_id"]
    assert session_of(emulator, order_id).success_url == f"http://testserver/return/{order_id}/"


def test_invalid_json_is_refused(client: Client) -> None:
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


def test_an_idempotency_key_can_not_be_reused(client: Client, emulator: Emulator) -> None:
    checkout(client, **{"Idempotency-Key": "one-click"})
    answer = checkout(client, {"customer_email": "jenny@example.com"}, **{"Idempotency-Key": "one-click"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("key", "error"),
    [("k" * 256, "Idempotency-Key: at most 255 characters"), ("", "Idempotency-Key: must not be empty")],
)
def test_an_idempotency_key_has_1_to_255_characters(client: Client, key: str, error: str) -> None:
    answer = checkout(client, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["detail"]) == (400, error)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"price": 1}, "price: unknown field"),
        ({"customer_email": "jenny"}, "customer_email: not a valid email address"),
        ({"customer_email": 5}, "customer_email: must be a string"),
        ({"customer_email": f"{'a' * 250}@b.example"}, "customer_email: at most 254 characters"),
        ({"return_url": []}, "return_url: must be a string"),
        ([], "The body must be a JSON object."),
        ("mug", "The body must be a JSON object."),
        ({"items": []}, "items: must not be empty; omit it to buy the default product"),
        ({"items": {"sku": "mug"}}, "items: must be a list"),
        ({"items": "mug"}, "items: must be a list"),
        ({"items": ["mug"]}, "items.0: must be a JSON object"),
        ({"items": [None]}, "items.0: must be a JSON object"),
        ({"items": [{"sku": "mug"}] * 21}, "items: at most 20 entries"),
        ({"items": [{}]}, "items.0.sku: required"),
        ({"items": [{"sku": None}]}, "items.0.sku: must be a string"),
        ({"items": [{"sku": ""}]}, "items.0.sku: must not be empty"),
        ({"items": [{"sku": "a" * 65}]}, "items.0.sku: at most 64 characters"),
        ({"items": [{"sku": "\ud800"}]}, "items.0.sku: not valid text"),
        ({"items": [{"sku": "mug\0"}]}, "items.0.sku: not a valid SKU"),
        ({"items": [{"sku": "mug", "quantity": 0}]}, "items.0.quantity: at least 1"),
        ({"items": [{"sku": "mug", "quantity": 101}]}, "items.0.quantity: at most 100"),
        ({"items": [{"sku": "mug", "quantity": "2"}]}, "items.0.quantity: must be a whole number"),
        ({"items": [{"sku": "mug", "quantity": 1.5}]}, "items.0.quantity: must be a whole number"),
        ({"items": [{"sku": "mug", "unit_amount": 1}]}, "items.0.unit_amount: unknown field"),
        ({"items": [{"sku": "mug", "quantity": 51}] * 2}, "items: at most 100 of one product, not 102 of 'mug'"),
        ({"a": 1, "b": 2}, "a: unknown field; b: unknown field"),
        ({"reference": 17}, "reference: must be a string"),
        ({"reference": "a" * 201}, "reference: at most 200 characters"),
        ({"reference": "cart\n17"}, "reference: must be one line of text"),
        ({"metadata": "cart"}, "metadata: must be an object"),
        ({"metadata": ["cart"]}, "metadata: must be an object"),
        ({"metadata": {"cart": 17}}, "metadata.cart: must be a string"),
        ({"metadata": {"cart": None}}, "metadata.cart: must be a string"),
        ({"metadata": {"cart": "a" * 501}}, "metadata.cart: at most 500 characters"),
        ({"metadata": {"cart": "a\0"}}, "metadata: the value of 'cart' is not valid text"),
        ({"metadata": {"cart": "\ud800"}}, "metadata.cart: not valid text"),
        ({"metadata": {"k" * 41: ""}}, "metadata: keys have 1 to 40 characters, not 41"),
        ({"metadata": {"": "x"}}, "metadata: keys have 1 to 40 characters, not 0"),
        ({"metadata": {"cart[id]": "x"}}, "metadata: keys are one line of text without square brackets"),
        ({"metadata": {"\ud800": "x"}}, "metadata: keys are one line of text without square brackets"),
        ({"metadata": {"order_id": "WC-1234"}}, "metadata: the key 'order_id' is this server's own"),
        ({"metadata": {"installation": "x"}}, "metadata: the key 'installation' is this server's own"),
        ({"metadata": {"purpose": "doctor"}}, "metadata: the key 'purpose' is this server's own"),
        ({"metadata": {"reference": "x"}}, "metadata: the key 'reference' is this server's own"),
        ({"metadata": {f"key{number}": "x" for number in range(51)}}, "metadata: at most 50 entries"),
    ],
)
def test_every_field_error_is_plain(client: Client, body: Any, error: str) -> None:
    problem = checkout(client, body).json()
    assert (problem["code"], problem["detail"]) == ("invalid_request", error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
lines = st.fixed_dictionaries({}, optional={"sku": json_values, "quantity": json_values, "x": json_values})
# Every body has an error.
wrong_bodies = (
    st.lists(json_values, max_size=2)
    | st.fixed_dictionaries(
        {"no such field": json_values},
        optional={
            "items": json_values | st.lists(lines | json_values, max_size=22),
            "customer_email": json_values,
            "return_url": json_values,
            "reference": json_values,
            "metadata": json_values | st.dictionaries(st.text(max_size=45), json_values, max_size=3),
        },
    )
)  # fmt: skip


@given(wrong_bodies)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_error_shows_a_librarys_words(client: Client, settings: Settings, body: Any) -> None:
    settings.CHECKOUTS_PER_MINUTE = 0
    problem = checkout(client, body).json()
    assert problem["code"] == "invalid_request"
    for words in (problem["detail"], *(error["message"] for error in problem["errors"])):
        assert not re.search(r"Input should|Value error|Extra inputs|Field required|should have|pydantic", words)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": None},
        {"customer_email": None},
        {"return_url": None},
        {"reference": None, "metadata": None},
        {"items": None, "customer_email": None, "return_url": None},
        {"items": [{"sku": "default", "quantity": None}]},
    ],
)
def test_null_is_the_same_as_an_omitted_field(client: Client, emulator: Emulator, body: Any) -> None:
    order = Order.objects.get(pk=checkout(client, body).json()["order_id"])
    assert (order.customer_email, order.return_url) == ("", "http://testserver/return/{order_id}/")
    assert [(item.sku, item.quantity) for item in order.items.all()] == [("default", 1)]


def test_null_and_omitted_fields_share_an_idempotency_key(client: Client, emulator: Emulator) -> None:
    first = checkout(client, **{"Idempotency-Key": "one-click"}).json()
    assert checkout(client, {"items": None}, **{"Idempotency-Key": "one-click"}).json() == first


def test_quantities_of_several_lines_add_up(client: Client, emulator: Emulator) -> None:
    order_id = checkout(client, {"items": [{"sku": "default", "quantity": 50}] * 2}).json()["order_id"]
    assert [item.quantity for item in Order.objects.get(pk=order_id).items.all()] == [100]


def test_a_return_url_on_this_network_is_allowed(client: Client, emulator: Emulator) -> None:
    body = {"return_url": "http://192.168.1.20:5500/shop.html?lang=de#cart"}
    order_id = checkout(client, body).json()["order_id"]
    session = session_of(emulator, order_id)
    assert session.success_url == f"http://192.168.1.20:5500/shop.html?lang=de&order_id={order_id}#cart"
    assert session.cancel_url == f"http://192.168.1.20:5500/shop.html?lang=de&order_id={order_id}&canceled=1#cart"


@pytest.mark.parametrize(
    ("given_query", "query"),
    [
        ("order_id=OLD", ""),
        ("order_id=OLD&canceled=1", ""),
        ("api=x&order_id=OLD&lang=de&canceled=1", "api=x&lang=de&"),
        ("canceled&order%5Fid=OLD&order_id=OLDER&b=%20", "b=%20&"),
        ("my_order_id=7&order_ids=8", "my_order_id=7&order_ids=8&"),
        ("next=a%26order_id%3DOLD", "next=a%26order_id%3DOLD&"),
    ],
)
def test_the_return_url_drops_an_earlier_purchases_parameters(
    client: Client, emulator: Emulator, given_query: str, query: str
) -> None:
    order_id = checkout(client, {"return_url": f"http://192.168.1.20/shop?{given_query}#cart"}).json()["order_id"]
    session = session_of(emulator, order_id)
    assert session.success_url == f"http://192.168.1.20/shop?{query}order_id={order_id}#cart"
    assert session.cancel_url == f"http://192.168.1.20/shop?{query}order_id={order_id}&canceled=1#cart"


def test_an_allow_list_excludes_other_return_urls(client: Client, emulator: Emulator, settings: Settings) -> None:
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
def test_an_allowed_origin_is_the_default_return_url(
    client: Client, emulator: Emulator, settings: Settings, headers: dict[str, str], start: str
) -> None:
    settings.FRONTEND_ORIGINS = ["https://shop.example"]
    order_id = checkout(client, **headers).json()["order_id"]
    assert session_of(emulator, order_id).success_url.startswith(start)


# By default, nginx sends the upstream's name as Host and no header. CONSOLE=1 says that the proxy sends one.
@pytest.mark.parametrize(
    ("host", "headers", "console", "base"),
    [
        ("127.0.0.1:8000", {}, False, "https://pay.example.com"),
        ("app:8000", {}, False, "https://pay.example.com"),
        ("[::1]:8000", {}, False, "https://pay.example.com"),
        ("192.168.1.20", {"X-Forwarded-For": "203.0.113.9"}, False, "https://pay.example.com"),
        ("localhost:8000", {"X-Real-IP": "203.0.113.9"}, True, "https://pay.example.com"),
        ("pay.example.com", {}, False, "https://pay.example.com"),
        ("localhost:8000", {}, True, "http://localhost:8000"),
        ("192.168.1.20:8000", {}, True, "http://192.168.1.20:8000"),
        ("shop.example.org", {"X-Forwarded-Proto": "https"}, False, "https://shop.example.org"),
    ],
)
def test_links_never_use_a_proxys_upstream_name(
    client: Client, emulator: Emulator, settings: Settings, host: str, headers: dict[str, str], console: bool, base: str
) -> None:
    settings.PUBLIC_URL, settings.CONSOLE = "https://pay.example.com", console
    settings.EXTRA_HOSTS = ["shop.example.org"]
    made = checkout(client, Host=host, **headers).json()
    assert made["checkout_url"].startswith(f"{base}/c/pay/")
    assert made["status_url"] == f"{base}/api/orders/{made['order_id']}/"
    assert session_of(emulator, made["order_id"]).success_url == f"{base}/return/{made['order_id']}/"


def test_a_checkout_can_be_retried_after_stripe_is_down(client: Client, emulator: Emulator, settings: Settings) -> None:
    with reserve_port() as unused:
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        stripe_client.client.cache_clear()
        down = checkout(client, **{"Idempotency-Key": "retried"})
    assert (down.status_code, down.json()["code"]) == (503, "stripe_unreachable")
    assert int(down["Retry-After"]) > 0
    order = Order.objects.get(pk=down.json()["order_id"])
    assert (order.status, order.reason_code) == ("pending", "stripe_unreachable")

    settings.STRIPE_EMULATOR_URL = emulator.url
    stripe_client.client.cache_clear()
    up = checkout(client, **{"Idempotency-Key": "retried"})
    assert (up.status_code, up.json()["order_id"]) == (200, str(order.pk))
    order.refresh_from_db()
    assert order.reason_code == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_checkout_that_waits_for_the_database_delays_no_other(emulator: Emulator) -> None:
    def in_thread(**headers: str) -> Any:
        try:
            return checkout(Client(), **headers)
        finally:
            connection.close()

    ensure_default_product()
    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            place_order(CheckoutIn(), return_url="http://testserver/", idempotency_key="held")
            waiting = threads.submit(in_thread, **{"Idempotency-Key": "held"})
            until(a_statement_waits)
            assert threads.submit(in_thread).result(timeout=20).status_code == 200
            assert not waiting.done()
            transaction.set_rollback(True)
        assert waiting.result(timeout=20).status_code == 200


def a_statement_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_an_expired_idempotency_key_opens_no_second_session(client: Client, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 403, "path": "/v1/checkout/sessions"})
    assert checkout(client, **{"Idempotency-Key": "late"}).status_code == 502
    emulator.control("DELETE", "faults")
    Order.objects.update(created_at=timezone.now() - timedelta(hours=24))
    answer = checkout(client, **{"Idempotency-Key": "late"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_expired")
    assert emulator.stripe.v1.checkout.sessions.list().data == []


def test_a_retry_finds_the_session_of_a_killed_request(client: Client, emulator: Emulator) -> None:
    first = checkout(client, **{"Idempotency-Key": "cut short"}).json()
    # A process that is killed before it stores Stripe's response leaves this.
    Order.objects.update(stripe_session_id=None, checkout_url="")
    assert checkout(client, **{"Idempotency-Key": "cut short"}).json() == first


def test_a_retry_can_not_pay_an_expired_order(client: Client, emulator: Emulator) -> None:
    order_id = checkout(client, **{"Idempotency-Key": "cut short"}).json()["order_id"]
    session_id = Order.objects.get().stripe_session_id or ""
    Order.objects.update(stripe_session_id=None, checkout_url="")
    emulator.stripe.v1.checkout.sessions.expire(session_id)
    catch_up()
    assert Order.objects.get(pk=order_id).status == "expired"
    answer = checkout(client, **{"Idempotency-Key": "cut short"})
    assert (answer.status_code, answer.json()["code"]) == (400, "order_closed")


def test_an_email_that_stripe_refuses_is_a_client_error(client: Client, emulator: Emulator) -> None:
    answer = checkout(client, {"customer_email": "jenny@example..com"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "invalid_customer_email")
    assert problem["detail"].startswith("customer_email: rejected by Stripe (")
    assert problem["stripe_request_id"].startswith("req_")


@pytest.mark.parametrize(
    "address", ["jörg@example.com", "ada@exämple.com", "o'hara+shop@mail.example.co.uk", "用户@例子.公司"]
)
def test_an_email_that_stripe_accepts_is_accepted(client: Client, emulator: Emulator, address: str) -> None:
    order_id = checkout(client, {"customer_email": address}).json()["order_id"]
    assert session_of(emulator, order_id).customer_email == address


def test_a_stripe_error_includes_its_request_id(client: Client, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 402, "path": "/v1/checkout/sessions"})
    answer = checkout(client)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (502, "stripe_refused")
    assert problem["stripe_request_id"].startswith("req_")
    assert Order.objects.get(pk=problem["order_id"]).reason == problem["detail"]
