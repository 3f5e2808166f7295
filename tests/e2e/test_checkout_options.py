"""Buy with every checkout option on: order, receipt, refunds and pages have the same sums, to the smallest unit."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import urllib3
from playwright.sync_api import Page, expect

from app.payments.currencies import format_amount
from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack
from tests.support.waiting import until

FRONTEND = Path(__file__).resolve().parents[2] / "examples" / "frontend" / "index.html"
# A product's price, and the prices to ship it, in minor units.
PRICES = {
    "usd": (1999, 500, 1500),
    "jpy": (1980, 700, 1500),
    "kwd": (5120, 1500, 4500),
    "ugx": (75_000_00, 5000_00, 9000_00),
    "idr": (150_000_000, 2_500_000, 7_500_050),
    "huf": (17_550_50, 1_490_00, 2_990_00),
}
SHIPPING = ", ".join(
    f"{name} {format_amount(amount, currency)}"
    for currency, (_, *amounts) in PRICES.items()
    for name, amount in zip(("Standard", "Express"), amounts, strict=True)
)
OPTIONS = {
    "PROMOTION_CODES": "1",
    "SHIPPING_COUNTRIES": "DE,US",
    "SHIPPING_OPTIONS": SHIPPING,
    "AUTOMATIC_TAX": "1",
    "TAX_BEHAVIOR": "exclusive",
    "PHONE": "1",
    "BILLING_ADDRESS": "required",
    "INVOICE": "1",
    "LOCALE": "en",
    "LIFETIME_MINUTES": "60",
    "TEXT": "Made to order.",
    "PAYMENT_METHODS": "card",
}
ADDRESS = {"name": "Ada Lovelace", "line1": "1 Main St", "city": "Los Angeles", "postal_code": "90001"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A shop with a product in each currency, and all options."""
    with Stack(env={f"CHECKOUT_{name}": text for name, text in OPTIONS.items()}) as own:
        rows = [
            {"sku": code, "name": f"Lamp in {code}", "unit_amount": price, "currency": code}
            for code, (price, *_) in PRICES.items()
        ]
        commands = f"from app.payments.models import Product\nfor row in {rows!r}: Product.objects.create(**row)"
        own.manage("shell", "-c", commands)
        stripe = StripeSide(own.emulator_url).client.v1
        coupon = stripe.coupons.create({"percent_off": 10})
        promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SUMMER"}
        stripe.promotion_codes.create(promotion)
        yield own


def fill_in(buyer: Buyer) -> None:
    """Fill in everything that the payment page asks for, and pay with express shipping."""
    page = buyer.page
    expect(page.get_by_text("Made to order.")).to_be_visible()
    page.fill("#promotion_code", "SUMMER")
    change(page, lambda: page.click("#apply"))
    expect(page.get_by_text("Promotion code: SUMMER")).to_be_visible()
    change(page, lambda: page.select_option("#shipping-country", "US"))
    change(page, lambda: page.select_option("#shipping-state", "CA"))
    change(page, lambda: page.get_by_label("Express").check())
    page.fill("#billing-country", "US")
    change(page, lambda: page.locator("#billing-country").dispatch_event("change"))
    change(page, lambda: page.select_option("#billing-state", "CA"))
    page.fill("#phone", "+1 213 555 0100")
    for part, text in ADDRESS.items():
        page.fill(f"#shipping-{part}", text)
        if part != "name":
            page.fill(f"#billing-{part}", text)
    buyer.pay_with(PAYS)


def change(page: Page, act: Callable[[], object]) -> None:
    """Change something that the total depends on, and wait until the page has replaced its parts."""
    page.locator("[data-part=summary]").evaluate("part => { part.dataset.old = 'yes'; }")
    act()
    expect(page.locator("[data-old]")).to_have_count(0)


def shown(buyer: Buyer) -> dict[str, int]:
    """Return the return page's sums in minor units, by their names."""
    rows = buyer.page.locator("#amounts tfoot tr")
    cells = [(row.locator("th").inner_text(), row.locator("data.money").get_attribute("value")) for row in rows.all()]
    return {name: int(value or "") for name, value in cells}


@pytest.mark.parametrize("currency", PRICES)
def test_all_sums_agree(buyer: Buyer, stack: Stack, stripe_side: StripeSide, currency: str) -> None:
    body = {"items": [{"sku": currency, "quantity": 2}]}
    made = urllib3.request("POST", f"{stack.url}/api/checkout/", json=body).json()
    buyer.page.goto(made["checkout_url"])
    buyer.arrive_at_payment()
    fill_in(buyer)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    order = buyer.order(order_id)

    [session] = stripe_side.sessions_of(order_id)
    details = session.total_details
    assert details
    price, _, express = PRICES[currency]
    assert (order["amount_total"], order["amount_shipping"]) == (2 * price, express)
    assert order["amount_subtotal"] == session.amount_subtotal
    assert order["amount_discount"] == details.amount_discount > 0
    assert order["amount_shipping"] == details.amount_shipping
    assert order["amount_tax"] == details.amount_tax > 0
    assert order["amount_paid"] == session.amount_total
    paid: int = order["amount_paid"]
    sums = {"Discount": -order["amount_discount"], "Shipping": express, "Tax": order["amount_tax"]}
    assert shown(buyer) == {**sums, "Total": paid}

    receipt = [*(f"{name}: {format_amount(amount, currency)}" for name, amount in sums.items())]
    receipt.append(f"Total: {format_amount(paid, currency)}")
    end = f"Order number: {order_id}"
    until(lambda: end in stack.log, "the receipt is sent")
    mail = stack.log[: stack.log.index(end)].rpartition("Thank you for your order")[2].replace(",", "")
    for line in receipt:
        assert line in mail

    part = paid // 2 // 10_000 * 10_000 or paid // 2 // 100 * 100
    for amount, status in ((part, "partially_refunded"), (paid - part, "refunded")):
        stack.manage("refund", order_id, "--amount", str(amount))
        buyer.await_status(order_id, status)
        buyer.page.reload()
        order = buyer.order(order_id)
        assert shown(buyer) == {**sums, "Total": paid, "Refunded": order["amount_refunded"]}
        assert order["amount_paid"] == paid
        intent = stripe_side.client.v1.payment_intents.retrieve(
            stripe_side.payment_intent_of(order_id), {"expand": ["latest_charge"]}
        )
        charge: Any = intent.latest_charge
        assert (charge.amount, charge.amount_refunded) == (paid, order["amount_refunded"])
    assert order["amount_refunded"] == paid

    if currency == "usd":
        page = buyer.page
        page.goto(f"{FRONTEND.as_uri()}?api={quote(stack.url)}&order_id={order_id}")
        for name, amount in {**sums, "Paid": paid, "Refunded": paid}.items():
            text = f"{'-' if amount < 0 else ''}${abs(amount) / 100:,.2f}"
            expect(page.locator("#status")).to_contain_text(re.compile(rf"{name}: {re.escape(text)}"))


def test_the_shop_keeps_what_the_buyer_entered(buyer: Buyer, stack: Stack) -> None:
    made = urllib3.request("POST", f"{stack.url}/api/checkout/", json={"items": [{"sku": "usd"}]}).json()
    buyer.page.goto(made["checkout_url"])
    buyer.arrive_at_payment()
    fill_in(buyer)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    code = f"from app.payments.models import Order\no = Order.objects.get(pk={order_id!r})\n"
    said = stack.manage("shell", "-v0", "-c", f"{code}print(o.customer_phone, o.shipping_lines)")
    assert "213" in said
    assert "['Ada Lovelace', '1 Main St', '90001 Los Angeles CA', 'US']" in said
    answer = buyer.page.request.get(f"{buyer.shop_url}/api/orders/{order_id}/").text()
    assert "Lovelace" not in answer
