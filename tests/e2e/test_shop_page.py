"""Errors on the shop page, and a strict content security policy."""

from playwright.sync_api import Page, Route, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)


def test_checkout_works_again_after_a_stripe_error(buyer: Buyer, watch: Watch, stripe_side: StripeSide) -> None:
    stripe_side.add_fault(kind="error", status=503, path="/v1/checkout/sessions", method="POST")
    buyer.open_shop()
    buyer.pay_button.click()
    problem = buyer.page.locator("#problem")
    expect(problem).to_contain_text("can’t be opened right now")
    buyer.screenshot("shop-stripe-down")
    watch.expect_error("503")
    stripe_side.clear_faults()
    expect(buyer.pay_button).to_be_enabled()
    buyer.pay_button.click()
    buyer.arrive_at_payment()


def test_a_lost_connection_is_shown(buyer: Buyer, watch: Watch) -> None:
    buyer.open_shop()
    buyer.page.context.set_offline(True)
    buyer.pay_button.click()
    expect(buyer.page.locator("#problem")).to_contain_text("can’t reach the shop")
    watch.expect_error("ERR_INTERNET_DISCONNECTED")


def test_all_pages_work_with_a_strict_csp(buyer: Buyer, stack: Stack) -> None:
    def with_policy(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": STRICT})

    buyer.page.route(f"{stack.url}/", with_policy)
    buyer.page.route(f"{stack.url}/return/**", with_policy)
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert _color(buyer.page) != "rgba(0, 0, 0, 0)"  # the style sheet is loaded


def _color(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_local_stand_in_for_stripe_is_announced(buyer: Buyer) -> None:
    buyer.open_shop()
    expect(buyer.page.locator("#stripe-mode")).to_contain_text("local stand-in for Stripe")


def test_an_unknown_page_links_to_the_shop(buyer: Buyer, watch: Watch) -> None:
    buyer.page.goto(f"{buyer.shop_url}/no-such-page/")
    watch.expect_error("404")
    expect(buyer.page.locator("h1")).to_have_text("Page not found")
    buyer.screenshot("404")
    buyer.page.click("main a.button")
    expect(buyer.pay_button).to_be_visible()
