"""The return page shows the order's status, and follows its changes."""

import uuid

from playwright.sync_api import BrowserContext, expect

from tests.e2e.buyer import DISPUTED, PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack


def test_it_waits_for_a_late_webhook(buyer: Buyer, stripe_side: StripeSide) -> None:
    stripe_side.add_fault(kind="delay_event", seconds=8, event="checkout.session.*")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    buyer.screenshot("waiting")
    assert buyer.order(order_id)["status"] == "pending"
    buyer.see("Thank you, it’s paid")  # without a reload


def test_it_recovers_from_a_lost_webhook(buyer: Buyer, stripe_side: StripeSide) -> None:
    stripe_side.add_fault(kind="drop_event")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    expect(buyer.page.locator("#state h1")).to_have_text("Thank you, it’s paid", timeout=30_000)
    assert buyer.order(order_id)["status"] == "paid"


def test_it_survives_a_broken_connection(
    buyer: Buyer, context: BrowserContext, watch: Watch, stripe_side: StripeSide
) -> None:
    stripe_side.add_fault(kind="delay_event", seconds=8, event="checkout.session.*")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    context.set_offline(True)
    expect(buyer.page.locator("#offline")).to_be_visible()
    buyer.screenshot("offline")
    watch.expect_error("ERR_INTERNET_DISCONNECTED")
    context.set_offline(False)
    buyer.see("Thank you, it’s paid")
    expect(buyer.page.locator("#offline")).to_be_hidden()


def test_a_checkout_that_expires_meanwhile_is_shown(buyer: Buyer, stripe_side: StripeSide) -> None:
    buyer.go_to_payment()
    buyer.cancel()
    order_id = buyer.arrive_back()
    buyer.see("You left the payment page")
    stripe_side.expire(order_id)
    buyer.see("This checkout has expired")  # without a reload
    expect(buyer.page.locator("#resume")).to_have_count(0)
    expect(buyer.page.locator("#to-shop")).to_be_visible()
    buyer.screenshot("expired")
    assert buyer.order(order_id)["status"] == "expired"


def test_partial_and_full_refunds_are_shown(buyer: Buyer, stripe_side: StripeSide) -> None:
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Thank you, it’s paid")
    total = buyer.order(order_id)["amount_total"]
    stripe_side.refund(order_id, 500)
    buyer.await_status(order_id, "partially_refunded")
    buyer.page.reload()
    buyer.see("Part of your payment was refunded")
    expect(buyer.page.locator("#amount-refunded")).to_have_text("$5.00")
    buyer.screenshot("partially-refunded")
    stripe_side.refund(order_id, total - 500)
    buyer.await_status(order_id, "refunded")
    buyer.page.reload()
    buyer.see("Your payment was refunded")
    buyer.screenshot("refunded")


def test_a_disputed_payment_is_not_called_failed(buyer: Buyer) -> None:
    buyer.go_to_payment()
    buyer.pay_with(DISPUTED)
    order_id = buyer.arrive_back()
    buyer.await_status(order_id, "disputed")
    buyer.page.reload()
    buyer.see("This payment is disputed")
    buyer.screenshot("disputed")


def test_an_unknown_order_is_not_found(buyer: Buyer, watch: Watch) -> None:
    answer = buyer.page.goto(f"{buyer.shop_url}/return/{uuid.uuid4()}/")
    assert answer
    assert answer.status == 404
    watch.expect_error("404")
    expect(buyer.page.locator("h1")).to_have_text("Order not found")
    buyer.screenshot("unknown")


def test_the_order_number_can_be_copied(buyer: Buyer, context: BrowserContext, stack: Stack) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)
    buyer.go_to_payment()
    buyer.cancel()
    order_id = buyer.arrive_back()
    buyer.page.click("#copy")
    expect(buyer.page.locator("#copy")).to_have_text("Copied")
    assert buyer.page.evaluate("navigator.clipboard.readText()") == order_id
