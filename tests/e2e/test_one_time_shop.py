"""What a one-time shop uses, on the local payment page: codes, shipping, tax, quantities, fields, papers, recovery."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import ARTIFACTS, DESKTOP, TIMEOUT, Axe
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack

PHONE: ViewportSize = {"width": 360, "height": 740}
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
ADDRESS = {"name": "Ada", "line1": "1 Main St", "postal_code": "1010", "city": "Vienna"}
GAP = "\u00a0"
# By currency: the screen, the language, the prices of an item, an optional one and the courier, the expected sums
# (subtotal, discount of 15 %, tax of 20 %, total) of three items with the optional one, and the total as shown.
ORDERS = [
    ("usd", DESKTOP, "en", (999, 250, 795), (3247, 487, 509, 4064), "$40.64"),
    ("eur", PHONE, "de", (1099, 333, 495), (3630, 545, 560, 4140), f"41,40{GAP}€"),
    ("jpy", DESKTOP, "en", (980, 333, 650), (3273, 491, 500, 3932), "¥3,932"),
    ("kwd", PHONE, "en", (9990, 2510, 7950), (32_480, 4870, 5100, 40_660), f"KWD{GAP}40.660"),
    ("ugx", DESKTOP, "es", (3_700_000, 533_300, 1_000_000), (11_633_300, 1_745_000, 1_887_000, 12_775_300),
     f"127.753{GAP}UGX"),
    ("huf", PHONE, "es", (349_950, 99_901, 149_000), (1_149_751, 172_463, 178_474, 1_304_762), f"13.047,62{GAP}HUF"),
]  # fmt: skip


@pytest.fixture
def code(stripe_side: StripeSide) -> Iterator[str]:
    """A promotion code for 15 % off."""
    client = stripe_side.client.v1
    coupon = client.coupons.create({"percent_off": 15, "name": "Summer"})
    made = client.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    yield made.code
    client.promotion_codes.update(made.id, {"active": False})


def line(currency: str, amount: int, **more: Any) -> dict[str, Any]:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Tea"}}
    return {"price_data": price, "quantity": 1, **more}


def rate(currency: str, name: str, amount: int) -> dict[str, Any]:
    return {"shipping_rate_data": {"display_name": name, "fixed_amount": {"amount": amount, "currency": currency}}}


def create(stripe_side: StripeSide, stack: Stack, **params: Any) -> str:
    """Create a session and return the address of its page under the shop's own origin."""
    full: Any = {"mode": "payment", "success_url": f"{stack.url}/?bought={{CHECKOUT_SESSION_ID}}", **params}
    return f"{stack.url}/c/pay/{stripe_side.client.v1.checkout.sessions.create(full).id}"


def bought(stripe_side: StripeSide, page: Page) -> Any:
    """Wait for the shop, and return the session that was paid."""
    page.wait_for_url("**/?bought=*")
    fields: Any = {"expand": ["line_items", "invoice", "payment_intent", "total_details.breakdown"]}
    return stripe_side.client.v1.checkout.sessions.retrieve(page.url.rpartition("=")[2], fields)


def everything(stripe_side: StripeSide, currency: str, language: str, prices: tuple[int, int, int]) -> dict[str, Any]:
    """Return the parameters of a session with all that a shop can ask for."""
    client = stripe_side.client.v1
    tax = client.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False})
    wrap = client.prices.create({"currency": currency, "unit_amount": prices[1], "product_data": {"name": "Gift wrap"}})
    label = {"type": "custom", "custom": "Size"}
    sizes = [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]
    adjustable = {"enabled": True, "minimum": 1, "maximum": 5}
    return {
        "locale": language,
        "line_items": [line(currency, prices[0], tax_rates=[tax.id], adjustable_quantity=adjustable)],
        "optional_items": [{"price": wrap.id, "quantity": 1}],
        "allow_promotion_codes": True,
        "shipping_address_collection": {"allowed_countries": ["AT", "US"]},
        "shipping_options": [rate(currency, "Post", 0), rate(currency, "Courier", prices[2])],
        "custom_fields": [{"key": "size", "type": "dropdown", "label": label, "dropdown": {"options": sizes}}],
        "phone_number_collection": {"enabled": True},
        "tax_id_collection": {"enabled": True},
        "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
        "custom_text": {"submit": {"message": "Read our **[terms](https://shop.test/terms)**."}},
        "invoice_creation": {"enabled": True},
    }


def fill_in(buyer: Buyer) -> None:
    """Fill in what the page asks for, besides the choices that change the total."""
    buyer.enter_card(PAYS)
    page = buyer.page
    for part, text in ADDRESS.items():
        page.fill(f"#shipping-{part}", text)
    page.fill("#phone", "+43 1 2345678")
    page.select_option("#custom-size", "l")
    page.fill("#tax-id", "ATU12345678")
    page.fill("#business-name", "Tea Ltd")
    page.check("#terms")
    page.check("#promotions")


@pytest.mark.parametrize(
    ("currency", "screen", "language", "prices", "sums", "shown"), ORDERS, ids=[order[0] for order in ORDERS]
)
def test_everything_together_is_right_to_the_cent(
    buyer: Buyer, stripe_side: StripeSide, stack: Stack, code: str, axe: Axe, currency: str, screen: ViewportSize,
    language: str, prices: tuple[int, int, int], sums: tuple[int, int, int, int], shown: str,
) -> None:  # fmt: skip
    page = buyer.page
    page.set_viewport_size(screen)
    page.goto(create(stripe_side, stack, **everything(stripe_side, currency, language, prices)))
    total = page.locator("#total")
    page.select_option("#shipping-country", "AT")
    expect(page.locator("#shipping-state")).to_have_count(0)
    page.locator("[name^=quantity-]").fill("3")
    page.locator("[name^=quantity-]").blur()
    page.locator("[name=add]").click()
    expect(page.locator("[name=remove]")).to_have_count(1)
    page.locator("[name=shipping_rate]").nth(1).check()
    expect(page.locator(".summary")).to_contain_text("Courier")
    page.fill("#promotion_code", code.lower())
    page.click("#apply")
    expect(page.locator(".code")).to_contain_text(code)
    expect(total).to_have_text(shown)
    expect(buyer.pay_button).to_contain_text(shown)
    assert axe(page) == []
    buyer.fits_screen()
    buyer.screenshot(f"one-time-shop-{currency}")
    fill_in(buyer)
    buyer.pay_button.click()
    session = bought(stripe_side, page)
    details = session.total_details
    assert (session.amount_subtotal, details.amount_discount, details.amount_tax, session.amount_total) == sums
    assert (details.amount_shipping, session.payment_intent.amount_received) == (prices[2], sums[3])
    assert [(item.description, item.quantity) for item in session.line_items.data] == [("Tea", 3), ("Gift wrap", 1)]
    assert [each.amount for each in details.breakdown.discounts] == [sums[1]]
    assert session.custom_fields[0].dropdown.value == "l"
    assert session.consent.to_dict() == {"promotions": "opt_in", "terms_of_service": "accepted"}
    assert [each.value for each in session.customer_details.tax_ids] == ["ATU12345678"]
    assert (session.invoice.status, session.invoice.total) == ("paid", sums[3])


# A session's parameters for each feature alone, what the buyer does (values to fill in, by id; what to choose; what to
# click), the expected total of a tea for 20.00 USD, and what the session says of it afterwards.
ALONE: dict[str, tuple[dict[str, Any], dict[str, str], str, int, dict[str, Any]]] = {
    "shipping": (
        {
            "shipping_address_collection": {"allowed_countries": ["AT"]},
            "shipping_options": [rate("usd", "Post", 0), rate("usd", "Courier", 795)],
        },
        {f"shipping-{part}": text for part, text in ADDRESS.items()},
        "[name=shipping_rate]:not(:checked)",
        2795,
        {"collected_information.shipping_details.address.city": "Vienna", "total_details.amount_shipping": 795},
    ),
    "custom-fields": (
        {
            "custom_fields": [
                {"key": kind, "type": kind, "label": {"type": "custom", "custom": f"Your {kind}"}}
                for kind in ("text", "numeric")
            ]
        },
        {"custom-text": "For Ada", "custom-numeric": "42"},
        "",
        2000,
        {"custom_fields.0.text.value": "For Ada", "custom_fields.1.numeric.value": "42"},
    ),
    "contact": (
        {
            "phone_number_collection": {"enabled": True},
            "billing_address_collection": "required",
            "consent_collection": {"terms_of_service": "required"},
        },
        {"phone": "+43 1 2345678", **{f"billing-{part}": ADDRESS[part] for part in ("line1", "postal_code", "city")}},
        "#terms",
        2000,
        {"customer_details.phone": "+4312345678", "consent.terms_of_service": "accepted"},
    ),
    "quantity": (
        {"line_items": [line("usd", 2000, adjustable_quantity={"enabled": True, "maximum": 5})]},
        {"quantity": "3"},
        "",
        6000,
        {"line_items.data.0.quantity": 3},
    ),
    "promotion-code": (
        {"allow_promotion_codes": True},
        {"promotion_code": ""},
        "#apply",
        1700,
        {"total_details.amount_discount": 300},
    ),
}


def value(found: Any, path: str) -> Any:
    """Return what is at a path like `line_items.data.0.quantity`."""
    for part in path.split("."):
        found = found[int(part)] if part.isdecimal() else found[part]
    return found


@pytest.mark.parametrize("device", SCREENS)
@pytest.mark.parametrize("feature", ALONE)
def test_each_feature_alone(
    buyer: Buyer, stripe_side: StripeSide, stack: Stack, code: str, axe: Axe, feature: str, device: str
) -> None:
    params, filled, clicked, total, said = ALONE[feature]
    page = buyer.page
    page.set_viewport_size(SCREENS[device])
    page.goto(create(stripe_side, stack, **{"line_items": [line("usd", 2000)], **params}))
    if "billing-city" in filled:
        page.fill("#billing-country", "AT")
        page.locator("#billing-country").blur()
        expect(page.locator("#billing-state")).to_have_count(0)
    for name, text in filled.items():
        field = page.locator("[name^=quantity-]" if name == "quantity" else f"#{name}")
        field.fill(text or code)
        field.blur()
    if clicked:
        page.click(clicked)
    expect(page.locator("#total")).to_have_text(f"${total / 100:.2f}")
    assert axe(page) == []
    buyer.fits_screen()
    buyer.screenshot(f"one-time-{feature}-{device}")
    buyer.pay_with(PAYS)
    session = bought(stripe_side, page)
    assert session.amount_total == total
    assert {path: value(session, path) for path in said} == said


@pytest.mark.parametrize("device", SCREENS)
def test_automatic_tax_follows_the_address(
    buyer: Buyer, stripe_side: StripeSide, stack: Stack, axe: Axe, device: str
) -> None:
    page = buyer.page
    page.set_viewport_size(SCREENS[device])
    page.goto(create(stripe_side, stack, line_items=[line("usd", 2000)], automatic_tax={"enabled": True}))
    expect(page.locator("#total")).to_have_text("$20.00")
    page.select_option("#billing-state", "NY")
    expect(page.locator("#total")).to_have_text("$20.80")
    page.select_option("#billing-state", "TX")
    expect(page.locator("#total")).to_have_text("$21.25")
    page.fill("#billing-postal_code", "73301")
    assert axe(page) == []
    buyer.pay_with(PAYS)
    assert bought(stripe_side, page).amount_total == 2125


def test_what_is_chosen_during_an_update_is_kept(buyer: Buyer, stripe_side: StripeSide, stack: Stack) -> None:
    page = buyer.page
    given: dict[str, Any] = {
        "line_items": [line("usd", 2000)],
        "shipping_address_collection": {"allowed_countries": ["US", "AT"]},
        "shipping_options": [rate("usd", "Post", 0), rate("usd", "Courier", 700)],
        "automatic_tax": {"enabled": True},
        "tax_id_collection": {"enabled": True},
    }
    page.goto(create(stripe_side, stack, **given))
    held: list[Route] = []
    page.route("**/c/pay/*", lambda route: held.append(route), times=1)
    with page.expect_request("**/c/pay/*"):
        page.select_option("#shipping-state", "NY")
    page.select_option("#shipping-state", "TX")
    page.get_by_label("Courier").check()
    page.fill("#shipping-city", "Austin")
    page.fill("#business-name", "Tea Ltd")
    held[0].continue_()
    expect(page.locator("#total")).to_have_text("$28.69")
    expect(page.locator("#shipping-state")).to_have_value("TX")
    expect(page.locator("#shipping-city")).to_have_value("Austin")
    expect(page.locator("#business-name")).to_have_value("Tea Ltd")
    expect(page.get_by_label("Courier")).to_be_checked()
    expect(page.locator("#business-name")).to_be_focused()


def test_a_click_on_pay_is_not_lost_in_an_update(buyer: Buyer, stripe_side: StripeSide, stack: Stack) -> None:
    page = buyer.page
    adjustable = {"enabled": True, "minimum": 1, "maximum": 5}
    page.goto(create(stripe_side, stack, line_items=[line("usd", 2000, adjustable_quantity=adjustable)]))
    buyer.enter_card(PAYS)
    page.locator("[name^=quantity-]").fill("3")
    buyer.pay_button.hover()
    with page.expect_response("**/c/pay/*"):
        page.mouse.down()
    page.wait_for_timeout(100)  # a person presses for about as long
    page.mouse.up()
    # Nobody pays what they have not seen.
    expect(page.locator("#error")).to_have_text("The total has changed. Check it, then pay.")
    expect(buyer.pay_button).to_contain_text("$60.00")
    buyer.pay_button.click()
    assert bought(stripe_side, page).amount_total == 6000


@pytest.mark.parametrize("device", SCREENS)
def test_an_abandoned_page_is_recovered(
    buyer: Buyer, stripe_side: StripeSide, stack: Stack, axe: Axe, device: str
) -> None:
    buyer.page.set_viewport_size(SCREENS[device])
    recovery = {"recovery": {"enabled": True}}
    url = create(stripe_side, stack, line_items=[line("usd", 2000)], after_expiration=recovery)
    wanted = url.rpartition("/")[2]
    expired = stripe_side.client.v1.checkout.sessions.expire(wanted)
    buyer.page.goto(url)
    expect(buyer.page.locator("h1")).to_have_text("This page has expired")
    assert axe(buyer.page) == []
    buyer.screenshot(f"expired-{device}")
    assert expired.after_expiration
    assert expired.after_expiration.recovery
    found = re.search(r"/c/pay/.*", str(expired.after_expiration.recovery.url))
    assert found
    buyer.page.goto(stack.url + found[0])
    buyer.pay_with(PAYS)
    assert bought(stripe_side, buyer.page).recovered_from == wanted


@pytest.mark.parametrize("device", SCREENS)
def test_a_receipt_and_an_invoice_can_be_read(
    buyer: Buyer, stripe_side: StripeSide, stack: Stack, axe: Axe, device: str
) -> None:
    page = buyer.page
    page.set_viewport_size(SCREENS[device])
    page.goto(create(stripe_side, stack, line_items=[line("usd", 2000)], invoice_creation={"enabled": True}))
    buyer.pay_with(PAYS)
    session = bought(stripe_side, page)
    charge = stripe_side.client.v1.charges.retrieve(session.payment_intent.latest_charge)
    page.goto(str(charge.receipt_url))
    expect(page.locator("h1")).to_have_text("$20.00")
    assert axe(page) == []
    buyer.fits_screen()
    buyer.screenshot(f"receipt-{device}")
    page.get_by_role("link", name="Invoice").click()
    expect(page.locator("h1")).to_have_text(f"Invoice {session.invoice.number}")
    assert axe(page) == []
    buyer.fits_screen()
    buyer.screenshot(f"invoice-{device}")
    file = urllib3.request("GET", str(session.invoice.invoice_pdf))
    assert file.data.startswith(b"%PDF")


def test_everything_works_without_javascript(
    browser: Browser, stripe_side: StripeSide, stack: Stack, code: str
) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-US", java_script_enabled=False)
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    buyer = Buyer(page, stack.url, ARTIFACTS)
    page.goto(create(stripe_side, stack, **everything(stripe_side, "usd", "auto", (999, 250, 795))))
    page.select_option("#shipping-country", "AT")
    page.locator("[name^=quantity-]").fill("3")
    page.locator("[name=shipping_rate]").nth(1).check()
    page.locator("[name=add]").click()
    page.fill("#promotion_code", code)
    fill_in(buyer)
    # The code was not applied yet: the page shows the new total instead of taking the payment.
    page.press("#business-name", "Enter")
    expect(page.locator("#error")).to_have_text("The total has changed. Check it, then pay.")
    expect(page.locator("#total")).to_have_text("$40.64")
    assert page.input_value("#shipping-city") == "Vienna"
    buyer.pay_with(PAYS)
    assert bought(stripe_side, page).amount_total == 4064
    context.close()
