"""An operator's day in the admin. Page errors and requests to other hosts fail the test."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import ARTIFACTS, TIMEOUT, Axe
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack

PASSWORD = "correct horse battery staple"
HIRE = """
from django.contrib.auth.models import Group, User
for name in ("owner", "support"):
    user = User.objects.create_user(name, password={!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=name))
"""
TOO_NARROW = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def staff(browser: Browser, stack: Stack) -> dict[str, Path]:
    """The browser profile of each person after logging in: the admin limits how often one may."""
    stack.manage("shell", "-c", HIRE.format(PASSWORD))
    profiles = {}
    for name in ("owner", "support"):
        context = browser.new_context()
        tab = context.new_page()
        tab.goto(f"{stack.url}/admin/")
        tab.fill("#id_username", name)
        tab.fill("#id_password", PASSWORD)
        tab.get_by_role("button", name="Log in").click()
        expect(tab.get_by_role("heading", name="Overview")).to_be_visible()
        profiles[name] = stack.data_dir / f"{name}.json"
        context.storage_state(path=profiles[name])
        context.close()
    return profiles


@pytest.fixture
def owner(context: BrowserContext, staff: dict[str, Path], page: Page) -> Page:
    """The watched tab, logged in as the owner."""
    return log_in(context, staff["owner"], page)


def log_in(context: BrowserContext, profile: Path, page: Page) -> Page:
    context.add_cookies(json.loads(profile.read_text())["cookies"])
    return page


@pytest.fixture
def other_tab(browser: Browser) -> Iterator[Page]:
    """A buyer's own browser."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(TIMEOUT)
    yield context.new_page()
    context.close()


@pytest.fixture
def customer(other_tab: Page, stack: Stack) -> Buyer:
    return Buyer(other_tab, stack.url, ARTIFACTS)


def buy(customer: Buyer) -> str:
    """Pay an order of 20.00 USD. Return its id."""
    customer.go_to_payment()
    customer.pay_with(PAYS)
    order_id = customer.arrive_back()
    customer.await_status(order_id, "paid")
    return order_id


def pay_twice(order_id: str, stripe_side: StripeSide, customer: Buyer) -> None:
    """Pay a second session that another program has made for the same order."""
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "The same again"}}
    second = stripe_side.client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://localhost/",
            "client_reference_id": order_id,
            "metadata": {"order_id": order_id},
            "line_items": [{"quantity": 1, "price_data": price}],
        }  # type: ignore[arg-type]
    )
    customer.page.goto(str(second.url))
    customer.pay_with(PAYS)
    customer.await_status(order_id, "needs_review")


def test_an_operators_day(owner: Page, customer: Buyer, stripe_side: StripeSide, stack: Stack) -> None:
    first, second = buy(customer), buy(customer)
    pay_twice(second, stripe_side, customer)

    # What needs a person is on the start page.
    owner.goto(f"{stack.url}/admin/")
    review = owner.locator(f"li:has(a[href*='{second}'])")
    expect(review).to_contain_text("Another session")
    expect(owner.locator("img.chart").first).to_be_visible()
    assert owner.evaluate("document.querySelector('img.chart').naturalWidth") > 0
    owner.screenshot(path=ARTIFACTS / "admin-overview.png", full_page=True, animations="disabled")
    review.get_by_role("link").click()

    # The review ends on the order's page.
    owner.get_by_text("Accept 20.00 USD as paid …").click()
    owner.screenshot(path=ARTIFACTS / "admin-review.png", full_page=True, animations="disabled")
    owner.get_by_role("button", name="Accept 20.00 USD as paid", exact=True).click()
    expect(owner.locator(".messagelist")).to_contain_text("Accepted 20.00 USD: Another session")
    expect(owner.locator(".headline")).to_contain_text("Paid")

    # An order is found by what stands in Stripe's dashboard, and a part is refunded.
    owner.goto(f"{stack.url}/admin/payments/order/")
    intent = stripe_side.payment_intent_of(first)
    owner.locator("#searchbar").fill(intent)
    owner.get_by_role("button", name="Search").click()
    expect(owner.locator("#result_list tbody tr")).to_have_count(1)
    owner.locator("#result_list tbody a").first.click()
    expect(owner.locator(".order")).to_contain_text("Visa ending in 4242")
    owner.get_by_text("Refund a part …").click()
    owner.get_by_label("Amount in USD").fill("5.00")
    owner.get_by_role("button", name="Refund this amount").click()
    expect(owner.locator(".messagelist")).to_contain_text("Refunded 5.00 USD.")
    expect(owner.locator(".timeline")).to_contain_text("Refunded 5.00 USD by owner")
    customer.await_status(first, "partially_refunded")
    owner.get_by_role("button", name="Resend the receipt").click()
    expect(owner.locator(".messagelist")).to_contain_text("Sent the receipt to ada@example.com.")
    owner.screenshot(path=ARTIFACTS / "admin-order.png", full_page=True, animations="disabled")

    # What the buyer was told can be read in the console.
    customer.page.goto(f"{stack.url}/console/")
    emails = customer.page.locator("#emails")
    # The refund's email comes by the outbox, before or after the receipt.
    expect(emails.locator("li", has_text="Your receipt: 20.00 USD").first).to_be_visible()
    with customer.page.expect_popup() as opened:
        emails.locator("li", has_text="Your refund: 5.00 USD").get_by_role("link").first.click()
    email = opened.value
    expect(email.locator("h1")).to_have_text("We have refunded 5.00 USD")
    expect(email.locator(".money")).to_contain_text("Refunded in total")
    email.get_by_role("link", name="View your order").click()
    expect(email.locator("#state h1")).to_have_text("Part of your payment was refunded")
    with customer.page.expect_popup() as opened:
        emails.locator("li", has_text="Your receipt: 20.00 USD").get_by_role("link").first.click()
    expect(opened.value.locator(".money tr")).to_have_text(["1 × Demo product20.00 USD", "Total20.00 USD"])
    opened.value.screenshot(path=ARTIFACTS / "email-receipt.png", full_page=True)

    # The links lead to the same payment at the local Stripe, and to what the buyer sees.
    [charge] = stripe_side.client.v1.charges.list({"payment_intent": intent}).data
    at_stripe = owner.get_by_role("link", name=charge.id).get_attribute("href") or ""
    assert at_stripe.endswith(f":{stack.emulator_port}/_emulator/#{charge.id}")
    customer.page.goto(at_stripe)
    expect(customer.page.locator(f"tr#{charge.id}")).to_contain_text("$5.00 refunded")
    owner.get_by_role("link", name="Open").click()
    expect(owner.locator("#state h1")).to_have_text("Part of your payment was refunded")

    # The bookkeeper's file.
    owner.goto(f"{stack.url}/admin/payments/order/?q={first}")
    with owner.expect_download() as download:
        owner.get_by_role("link", name="Export as CSV").click()
    [row] = csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig")))
    assert (row["order"], row["paid"], row["refunded"], row["currency"]) == (first, "20.00", "5.00", "USD")


def test_support_refunds_but_does_not_decide(
    context: BrowserContext, staff: dict[str, Path], page: Page, customer: Buyer, stripe_side: StripeSide, stack: Stack
) -> None:
    order_id = buy(customer)
    pay_twice(order_id, stripe_side, customer)
    tab = log_in(context, staff["support"], page)
    tab.goto(f"{stack.url}/admin/payments/order/{order_id}/change/")
    expect(tab.get_by_text("Refund a part …")).to_be_visible()
    expect(tab.get_by_text("Accept 20.00 USD")).to_have_count(0)
    token = tab.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    refused = tab.request.post(
        f"{stack.url}/admin/payments/order/{order_id}/act/accept/",
        form={"csrfmiddlewaretoken": token},
        headers={"Referer": tab.url},
    )
    assert refused.status == 403
    assert customer.order(order_id)["status"] == "needs_review"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "width"), [("desktop", 1280), ("phone", 390)])
def test_the_pages_fit_every_screen_and_everybody(
    browser: Browser,
    staff: dict[str, Path],
    customer: Buyer,
    stripe_side: StripeSide,
    stack: Stack,
    axe: Axe,
    scheme: str,
    device: str,
    width: int,
) -> None:
    order_id = buy(customer)
    stripe_side.refund(order_id, 500)
    customer.await_status(order_id, "partially_refunded")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        storage_state=staff["owner"],
    )
    tab = context.new_page()
    pages = {
        "overview": "",
        "list": "payments/order/",
        "order": f"payments/order/{order_id}/change/",
        "refund": f"payments/order/{order_id}/partial-refund/",
        "message": f"payments/message/?q={order_id}",
        "fulfillment": f"payments/fulfillment/{order_id}/change/",
        "products": "payments/product/",
    }
    found: dict[str, list[str]] = {}
    for name, path in pages.items():
        tab.goto(f"{stack.url}/admin/{path}")
        expect(tab.locator("#content")).to_be_visible()
        if name == "message":
            tab.locator("#result_list tbody th a").click()
            expect(tab.locator("#message_form, .readonly").first).to_be_visible()
        tab.screenshot(path=ARTIFACTS / f"admin-{name}-{device}-{scheme}.png", full_page=True, animations="disabled")
        assert not tab.evaluate(TOO_NARROW), name
        if violations := axe(tab):
            found[name] = violations
    assert not found, json.dumps(found, indent=1)
    if device == "desktop":
        # Every column of the list, without scrolling it.
        tab.goto(f"{stack.url}/admin/payments/order/")
        assert tab.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.results'))")
    context.close()
