"""One intent to buy makes one order that is paid once, despite double clicks, tabs and reloads."""

from playwright.sync_api import BrowserContext, Route, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.e2e.stripe_side import StripeSide


def new_sessions(stripe_side: StripeSide, known: set[str]) -> list[str]:
    return [session.id for session in stripe_side.sessions() if session.id not in known]


def test_a_double_click_makes_one_order(buyer: Buyer, stripe_side: StripeSide) -> None:
    known = {session.id for session in stripe_side.sessions()}
    buyer.open_shop()
    buyer.pay_button.dblclick()
    session = buyer.arrive_at_payment()
    assert new_sessions(stripe_side, known) == [session]


def test_back_and_pay_again_leads_to_the_same_order(buyer: Buyer, stripe_side: StripeSide) -> None:
    known = {session.id for session in stripe_side.sessions()}
    session = buyer.go_to_payment()
    buyer.page.go_back()
    expect(buyer.pay_button).to_be_enabled()
    buyer.pay_button.click()
    assert buyer.arrive_at_payment() == session
    buyer.page.go_back()
    buyer.page.reload()
    buyer.pay_button.click()
    assert buyer.arrive_at_payment() == session
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert new_sessions(stripe_side, known) == [session]
    assert buyer.order(order_id)["status"] == "paid"


def test_a_response_lost_in_a_proxy_makes_one_order(buyer: Buyer, stripe_side: StripeSide, watch: Watch) -> None:
    def lose(route: Route) -> None:
        assert route.fetch().ok
        route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    known = {session.id for session in stripe_side.sessions()}
    buyer.open_shop()
    buyer.page.route("**/api/checkout/", lose, times=1)
    buyer.pay_button.click()
    expect(buyer.page.locator("#problem")).to_contain_text("can’t be opened right now")
    watch.expect_error("502")
    buyer.pay_button.click()
    session = buyer.arrive_at_payment()
    assert new_sessions(stripe_side, known) == [session]


def test_two_tabs_make_one_order_paid_once(buyer: Buyer, context: BrowserContext, stripe_side: StripeSide) -> None:
    known = {session.id for session in stripe_side.sessions()}
    other = Buyer(context.new_page(), buyer.shop_url, buyer.artifacts)
    session = buyer.go_to_payment()
    assert other.go_to_payment() == session
    for tab in (buyer, other):
        tab.enter_card(PAYS)
    buyer.pay_button.click()
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    other.pay_button.click()
    assert other.arrive_back() == order_id
    other.see("Thank you, it’s paid")
    assert new_sessions(stripe_side, known) == [session]
    assert stripe_side.charges_of(order_id) == ["succeeded"]


def test_a_reloaded_payment_page_pays_once(buyer: Buyer, stripe_side: StripeSide) -> None:
    session = buyer.go_to_payment()
    buyer.enter_card(PAYS)
    buyer.page.reload()
    assert buyer.arrive_at_payment() == session
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert stripe_side.charges_of(order_id) == ["succeeded"]


def test_a_double_click_on_the_payment_page_pays_once(buyer: Buyer, stripe_side: StripeSide) -> None:
    buyer.go_to_payment()
    buyer.enter_card(PAYS)
    buyer.pay_button.dblclick()
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    assert stripe_side.charges_of(order_id) == ["succeeded"]


def test_reloading_the_return_page_changes_nothing(buyer: Buyer, stripe_side: StripeSide) -> None:
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    before = buyer.order(order_id)
    for _ in range(3):
        buyer.page.reload()
        buyer.see("Thank you, it’s paid")
    assert buyer.order(order_id) == before
    assert len(stripe_side.sessions_of(order_id)) == 1


def test_going_back_can_not_pay_twice(buyer: Buyer, stripe_side: StripeSide) -> None:
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    buyer.page.go_back()
    # The payment page of a complete session has no form, and redirects.
    expect(buyer.page.locator("#card-number")).to_have_count(0)
    assert stripe_side.charges_of(order_id) == ["succeeded"]


def test_the_same_product_can_be_bought_again(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    first = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    buyer.page.click("#to-shop")
    buyer.pay_button.click()
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    assert buyer.arrive_back() != first
    buyer.see("Thank you, it’s paid")


def test_another_cart_is_another_order(buyer: Buyer) -> None:
    session = buyer.go_to_payment()
    buyer.page.go_back()
    buyer.page.get_by_label("Add one Enamel mug").click()
    buyer.page.get_by_label("Add one Demo product").click()
    expect(buyer.pay_button).to_have_text("Pay $58.00")
    expect(buyer.page.locator("#total")).to_have_text("3 items")
    buyer.pay_button.click()
    buyer.page.wait_for_url(lambda url: "/c/pay/" in url and session not in url)
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    expect(buyer.page.locator("#amount-total")).to_have_text("$58.00")
    order = buyer.order(order_id)
    assert order["amount_total"] == 5800
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [("default", 2), ("mug", 1)]


def test_an_empty_cart_can_not_be_paid(buyer: Buyer) -> None:
    buyer.open_shop()
    buyer.page.get_by_label("Remove one Demo product").click()
    expect(buyer.pay_button).to_be_disabled()
