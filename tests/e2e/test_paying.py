"""From the shop to the payment page and back, with Stripe's test cards."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.buyer import (
    ACCOUNT_THAT_FAILS,
    ACCOUNT_THAT_PAYS,
    DECLINED,
    INSUFFICIENT_FUNDS,
    PAYS,
    THREE_D_SECURE,
    Buyer,
)
from tests.e2e.conftest import ARTIFACTS, Watch
from tests.support.stack import Stack


def test_a_card_payment_is_shown_as_paid(buyer: Buyer) -> None:
    buyer.open_shop()
    buyer.screenshot("shop")
    buyer.pay_button.click()
    buyer.arrive_at_payment()
    buyer.screenshot("payment-page")
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    buyer.screenshot("paid")
    order = buyer.order(order_id)
    assert order["status"] == "paid"
    assert order["paid_at"]
    assert order["reason"] is None
    expect(buyer.page.locator("#order-id")).to_have_text(order_id)


@pytest.mark.parametrize(
    ("card", "code", "name"),
    [(DECLINED, "generic_decline", "declined"), (INSUFFICIENT_FUNDS, "insufficient_funds", "insufficient-funds")],
)
def test_a_declined_order_can_be_paid_with_another_card(buyer: Buyer, card: str, code: str, name: str) -> None:
    buyer.go_to_payment()
    buyer.pay_with(card)
    buyer.see_decline()
    buyer.screenshot(f"payment-page-{name}")
    buyer.cancel()
    order_id = buyer.arrive_back()
    buyer.see("You left the payment page")
    order = buyer.await_reason(order_id)
    assert order["status"] == "pending"
    assert order["reason"]["code"] == code
    buyer.page.reload()
    expect(buyer.page.locator("#reason")).to_contain_text(order["reason"]["message"])
    buyer.screenshot(f"left-{name}")

    buyer.page.click("#resume")
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    assert buyer.arrive_back() == order_id
    buyer.see("Thank you, it’s paid")
    assert buyer.order(order_id)["reason"] is None


def test_another_card_can_be_used_right_after_a_decline(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_with(DECLINED)
    buyer.see_decline()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert buyer.order(order_id)["status"] == "paid"


def test_a_left_payment_page_can_be_resumed(buyer: Buyer) -> None:
    session = buyer.go_to_payment()
    buyer.cancel()
    order_id = buyer.arrive_back()
    buyer.see("You left the payment page")
    expect(buyer.page.locator("#state")).to_contain_text("has not been paid yet")
    expect(buyer.page.locator("#to-shop")).to_be_visible()
    buyer.screenshot("left")
    assert buyer.order(order_id)["status"] == "pending"
    buyer.page.click("#resume")
    assert buyer.arrive_at_payment() == session


def test_an_approved_3d_secure_payment_succeeds(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_with(THREE_D_SECURE)
    buyer.authenticate(approve=True)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert buyer.order(order_id)["status"] == "paid"


def test_a_refused_3d_secure_payment_leaves_the_order_unpaid(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_with(THREE_D_SECURE)
    buyer.authenticate(approve=False)
    buyer.see_decline()
    buyer.screenshot("payment-page-3ds-refused")
    buyer.cancel()
    order_id = buyer.arrive_back()
    buyer.see("You left the payment page")
    assert buyer.order(order_id)["status"] == "pending"


def test_a_debit_is_processing_until_it_succeeds(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_by_debit(ACCOUNT_THAT_PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Your payment is being processed")
    buyer.screenshot("processing")
    assert buyer.order(order_id)["status"] == "processing"
    buyer.see("Thank you, it’s paid")  # without a reload
    assert buyer.order(order_id)["status"] == "paid"


def test_a_failed_debit_is_shown_as_failed(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_by_debit(ACCOUNT_THAT_FAILS)
    order_id = buyer.arrive_back()
    buyer.see("Your payment is being processed")
    buyer.see("The payment didn’t go through")
    expect(buyer.page.locator("#to-shop")).to_be_visible()
    buyer.screenshot("failed")
    assert buyer.order(order_id)["status"] == "failed"


def test_the_pages_fit_a_phone(browser: Browser, stack: Stack, watch_of: dict[Page, Watch]) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
        locale="en-US",
    )
    page = context.new_page()
    watch_of[page] = Watch(page, stack)
    buyer = Buyer(page, stack.url, ARTIFACTS)
    buyer.open_shop()
    buyer.fits_screen()
    buyer.screenshot("phone-shop")
    buyer.pay_button.tap()
    buyer.arrive_at_payment()
    buyer.fits_screen()
    buyer.screenshot("phone-payment-page")
    buyer.enter_card(PAYS)
    buyer.pay_button.tap()
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    buyer.fits_screen()
    buyer.screenshot("phone-paid")
    assert buyer.order(order_id)["status"] == "paid"
    context.close()


def test_the_keyboard_is_enough_to_pay(buyer: Buyer) -> None:
    page, keys = buyer.page, buyer.page.keyboard
    buyer.open_shop()
    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    _tab_to(page, "#pay")
    keys.press("Enter")
    buyer.arrive_at_payment()
    for field, text in {
        "#email": "ada@example.com",
        "#card-number": PAYS,
        "#card-expiry": "1234",
        "#card-cvc": "123",
        "#card-name": "Ada Lovelace",
    }.items():
        _tab_to(page, field)
        keys.type(text)
    _tab_to(page, "#pay")
    keys.press("Enter")
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    _tab_to(page, "#to-shop")
    assert buyer.order(order_id)["status"] == "paid"


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reachable with the Tab key")


def test_the_form_works_without_javascript(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stack.url}/")
    page.fill("input[name=quantity-default]", "2")
    page.click("#pay")
    page.wait_for_url("**/c/pay/cs_*")
    context.close()
