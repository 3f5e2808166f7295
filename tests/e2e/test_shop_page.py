"""The shop page when things go wrong, and under the strictest content security policy."""

from playwright.sync_api import Page, Route, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)


def test_when_stripe_is_down_it_says_so_and_the_next_try_works(
    buyer: Buyer, watch: Watch, stripe_side: StripeSide
) -> None:
    stripe_side.break_(kind="error", status=503, path="/v1/checkout/sessions", method="POST")
    buyer.open_shop()
    buyer.pay_button.click()
    problem = buyer.page.locator("#problem")
    expect(problem).to_contain_text("can’t be opened right now")
    buyer.screenshot("shop-stripe-down")
    watch.forgive("503")
    stripe_side.clear_faults()
    expect(buyer.pay_button).to_be_enabled()
    buyer.pay_button.click()
    buyer.arrive_at_payment()


def test_without_a_connection_it_says_so(buyer: Buyer, watch: Watch) -> None:
    buyer.open_shop()
    buyer.page.context.set_offline(True)
    buyer.pay_button.click()
    expect(buyer.page.locator("#problem")).to_contain_text("can’t reach the shop")
    watch.forgive("ERR_INTERNET_DISCONNECTED")


def test_all_pages_work_under_a_strict_content_security_policy(buyer: Buyer, stack: Stack) -> None:
    def with_policy(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": STRICT})

    buyer.page.route(f"{stack.url}/", with_policy)
    buyer.page.route(f"{stack.url}/return/**", with_policy)
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert _color(buyer.page) != "rgba(0, 0, 0, 0)"  # the stylesheet was loaded


def _color(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_local_stand_in_for_stripe_is_announced(buyer: Buyer) -> None:
    buyer.open_shop()
    expect(buyer.page.locator("#stripe-mode")).to_contain_text("local stand-in for Stripe")


def test_a_wrong_address_leads_back_to_the_shop(buyer: Buyer, watch: Watch) -> None:
    buyer.page.goto(f"{buyer.shop_url}/no-such-page/")
    watch.forgive("404")
    expect(buyer.page.locator("h1")).to_have_text("Page not found")
    buyer.screenshot("404")
    buyer.page.click("main a.button")
    expect(buyer.pay_button).to_be_visible()
