"""The shop page, as the server renders it."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from app.payments.models import Order, Product

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def product(sku: str = "tea", **fields: Any) -> Product:
    defaults = {"name": sku.title(), "unit_amount": 1250, "currency": "eur"}
    return Product.objects.create(sku=sku, **(defaults | fields))


def page(client: Client, path: str = "/") -> str:
    return client.get(path).content.decode()


def quantities(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="quantity-([\w-]+)".*?value="(\d+)"', html, re.S))


def test_a_single_product_is_already_chosen(client: Client) -> None:
    product("tea")
    html = page(client)
    assert quantities(html) == {"tea": "1"}
    assert html.count('id="pay"') == 1
    assert "<h1>Tea</h1>" in html


def test_of_several_products_only_the_default_one_is_chosen(client: Client) -> None:
    product("tea")
    product("default")
    assert quantities(page(client)) == {"tea": "0", "default": "1"}


def test_inactive_products_are_not_shown(client: Client) -> None:
    product("tea")
    product("secret", active=False)
    assert "Secret" not in page(client)


def test_an_empty_catalogue_says_so_and_offers_nothing_to_pay(client: Client) -> None:
    Product.objects.all().delete()
    html = page(client)
    assert "Nothing for sale yet" in html
    assert 'id="pay"' not in html


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "text"),
    [(1999, "eur", 2, "19.99 EUR"), (500, "jpy", 0, "500 JPY"), (5120, "kwd", 3, "5.120 KWD")],
)
def test_prices_carry_the_digits_of_their_currency(
    client: Client, amount: int, currency: str, digits: int, text: str
) -> None:
    product(unit_amount=amount, currency=currency)
    expected = f'<data class="money" value="{amount}" data-currency="{currency}" data-digits="{digits}">{text}</data>'
    assert expected in page(client)


def test_names_and_descriptions_are_escaped(client: Client) -> None:
    product(name="<b>Tea</b>", description='"><script>alert(1)</script>')
    html = page(client)
    assert "<b>Tea" not in html
    assert "<script>alert" not in html


def test_every_rendering_is_a_new_intent_and_is_not_cached(client: Client) -> None:
    product()
    found = {re.search(r'name="intent" value="([^"]+)"', page(client)) for _ in range(2)}
    assert len({match.group(1) for match in found if match}) == 2
    assert "no-store" in client.get("/")["Cache-Control"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "choose at least one"),
        ({"quantity-tea": "0"}, "choose at least one"),
        ({"quantity-tea": "-1"}, "choose at least one"),
        ({"quantity-tea": "½"}, "choose at least one"),
        ({"quantity-tea": "101"}, "more than one order can hold"),
        ({"quantity-coffee": "1"}, "There is no product"),
        ({"quantity-tea": "1", "quantity-mug": "1"}, "same currency"),
    ],
)
def test_a_form_that_cannot_be_bought_says_why_and_writes_no_order(
    client: Client, fields: dict[str, str], says: str
) -> None:
    product("tea")
    product("mug", currency="usd")
    answer = client.post("/", fields)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Order.objects.exists()


def test_a_form_that_was_refused_keeps_the_quantities(client: Client) -> None:
    product("tea")
    product("mug", currency="usd")
    html = client.post("/", {"quantity-tea": "3", "quantity-mug": "2"}).content.decode()
    assert quantities(html) == {"tea": "3", "mug": "2"}


def test_the_form_is_throttled_like_the_api(client: Client, settings: Settings) -> None:
    settings.CHECKOUTS_PER_MINUTE = 1
    product("tea")
    assert client.post("/", {"quantity-tea": "0"}, REMOTE_ADDR="192.0.2.77").status_code == 400
    refused = client.post("/", {"quantity-tea": "0"}, REMOTE_ADDR="192.0.2.77")
    assert refused.status_code == 429
    assert "Too many requests" in refused.content.decode()
