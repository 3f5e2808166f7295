"""The shop page as rendered by the server."""

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


def test_a_single_product_is_selected(client: Client) -> None:
    product("tea")
    html = page(client)
    assert quantities(html) == {"tea": "1"}
    assert html.count('id="pay"') == 1
    assert "<h1>Tea</h1>" in html


def test_only_the_default_of_several_products_is_selected(client: Client) -> None:
    product("tea")
    product("default")
    assert quantities(page(client)) == {"tea": "0", "default": "1"}


def test_inactive_products_are_not_shown(client: Client) -> None:
    product("tea")
    product("secret", active=False)
    assert "Secret" not in page(client)


def test_an_empty_catalog_has_no_pay_button(client: Client) -> None:
    Product.objects.all().delete()
    html = page(client)
    assert "Nothing for sale yet" in html
    assert 'id="pay"' not in html


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "text"),
    [(1999, "eur", 2, "19.99 EUR"), (500, "jpy", 0, "500 JPY"), (5120, "kwd", 3, "5.120 KWD")],
)
def test_prices_have_their_currencys_decimals(
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


def test_every_page_has_a_new_uncached_intent(client: Client) -> None:
    product()
    found = {re.search(r'name="intent" value="([^"]+)"', page(client)) for _ in range(2)}
    assert len({match.group(1) for match in found if match}) == 2
    assert "no-store" in client.get("/")["Cache-Control"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "choose at least one"),
        ({"quantity-tea": "0"}, "choose at least one"),
        ({"quantity-tea": "-1"}, "choose at least one"),
        ({"quantity-tea": "½"}, "choose at least one"),
        ({"quantity-tea": "101"}, "more than one order can hold"),
        ({"quantity-coffee": "1"}, "no longer for sale"),
        ({"quantity-tea": "1", "quantity-mug": "1"}, "different currencies"),
    ],
)
def test_an_invalid_form_creates_no_order(client: Client, fields: dict[str, str], error: str) -> None:
    product("tea")
    product("mug", currency="usd")
    answer = client.post("/", fields)
    assert answer.status_code == 400
    assert error in answer.content.decode()
    assert not Order.objects.exists()


def test_a_refused_form_keeps_its_quantities(client: Client) -> None:
    product("tea")
    product("mug", currency="usd")
    html = client.post("/", {"quantity-tea": "3", "quantity-mug": "2"}).content.decode()
    assert quantities(html) == {"tea": "3", "mug": "2"}


def test_the_form_has_the_apis_rate_limit(client: Client, settings: Settings) -> None:
    settings.CHECKOUTS_PER_MINUTE = 1
    product("tea")
    assert client.post("/", {"quantity-tea": "0"}, REMOTE_ADDR="192.0.2.77").status_code == 400
    refused = client.post("/", {"quantity-tea": "0"}, REMOTE_ADDR="192.0.2.77")
    assert refused.status_code == 429
    assert "Too many attempts" in refused.content.decode()
