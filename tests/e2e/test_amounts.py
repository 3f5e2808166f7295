"""Amounts in currencies whose decimals differ between Stripe and browsers."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import urllib3
from playwright.sync_api import expect

from tests.e2e.buyer import Buyer
from tests.support.stack import Stack

FRONTEND = Path(__file__).resolve().parents[2] / "examples" / "frontend" / "index.html"
PRICES = {
    "usd": (1999, "$19.99", "$39.98"),
    "jpy": (500, "¥500", "¥1,000"),
    "mga": (500, "MGA 500", "MGA 1,000"),
    "ugx": (500, "UGX 5", "UGX 10"),
    "isk": (50_000, "ISK 500", "ISK 1,000"),
    "kwd": (5120, "KWD 5.120", "KWD 10.240"),
    "huf": (17_550, "HUF 175.50", "HUF 351"),
    "lbp": (150_050, "LBP 1,500.50", "LBP 3,001"),
    "idr": (150_000_000, "IDR 1,500,000", "IDR 3,000,000"),
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A shop with products in many currencies."""
    with Stack() as own:
        rows = [
            {"sku": code, "name": code, "unit_amount": price, "currency": code} for code, (price, *_) in PRICES.items()
        ]
        commands = f"from app.payments.models import Product\nfor row in {rows!r}: Product.objects.create(**row)"
        own.manage("shell", "-c", commands)
        yield own


def plain(text: str) -> str:
    """Replace no-break spaces, so that failures are readable."""
    return text.replace("\u00a0", " ")


def test_the_shop_shows_amounts_with_stripes_decimals(buyer: Buyer, stack: Stack) -> None:
    buyer.open_shop()
    page = buyer.page
    default = page.locator('input[data-sku="default"]')
    default.fill("0")
    shown = {}
    for sku in PRICES:
        quantity = page.locator(f'input[data-sku="{sku}"]')
        quantity.fill("2")
        price = page.locator(".product").filter(has=quantity).locator("data.money").inner_text()
        shown[sku] = (plain(price), plain(buyer.pay_button.inner_text()).removeprefix("Pay "))
        quantity.fill("0")
    assert shown == {sku: (price, total) for sku, (_, price, total) in PRICES.items()}


def test_the_example_frontend_shows_stripes_decimals(buyer: Buyer, stack: Stack) -> None:
    page = buyer.page
    page.goto(f"{FRONTEND.as_uri()}?api={quote(stack.url)}")
    expect(page.locator('#product option[value="idr"]')).to_have_count(1)
    options = [plain(text) for text in page.locator("#product option").all_inner_texts()]
    for sku, (_, price, _) in PRICES.items():
        assert f"{sku}, {price}" in options


@pytest.mark.parametrize("sku", ["ugx", "kwd", "jpy", "idr", "huf"])
def test_the_return_page_shows_stripes_decimals(buyer: Buyer, stack: Stack, sku: str) -> None:
    body = json.dumps({"items": [{"sku": sku, "quantity": 2}]})
    answer = urllib3.request(
        "POST", f"{stack.url}/api/checkout/", body=body, headers={"Content-Type": "application/json"}
    )
    buyer.page.goto(f"{stack.url}/return/{answer.json()['order_id']}/?canceled=1")
    amount = buyer.page.locator("#amount-total")
    expect(amount).to_have_text(PRICES[sku][2])
