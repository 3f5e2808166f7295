"""The return page tells the truth in every state, and keeps telling it while things change."""

import uuid

from playwright.sync_api import BrowserContext, expect

from tests.e2e.buyer import DISPUTED, PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack


def test_until_the_webhook_comes_it_waits_and_does_not_claim_anything(buyer: Buyer, stripe_side: StripeSide) -> None:
    stripe_side.break_(kind="delay_event", seconds=4, event="checkout.session.*")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    buyer.screenshot("waiting")
    assert buyer.order(order_id)["status"] == "pending"
    buyer.see("Thank you, it’s paid")  # without a reload


def test_a_lost_webhook_is_made_up_for_while_the_buyer_looks_on(buyer: Buyer, stripe_side: StripeSide) -> None:
    stripe_side.break_(kind="drop_event")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    expect(buyer.page.locator("#state h1")).to_have_text("Thank you, it’s paid", timeout=30_000)
    assert buyer.order(order_id)["status"] == "paid"


def test_it_survives_a_broken_connection(
    buyer: Buyer, context: BrowserContext, watch: Watch, stripe_side: StripeSide
) -> None:
    stripe_side.break_(kind="delay_event", seconds=4, event="checkout.session.*")
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    buyer.arrive_back()
    buyer.see("Waiting for Stripe’s confirmation")
    context.set_offline(True)
    expect(buyer.page.locator("#offline")).to_be_visible()
    buyer.screenshot("offline")
    watch.forgive("ERR_INTERNET_DISCONNECTED")
    context.set_offline(False)
    buyer.see("Thank you, it’s paid")
    expect(buyer.page.locator("#offline")).to_be_hidden()


def test_a_checkout_that_expires_while_it_is_looked_at(buyer: Buyer, stripe_side: StripeSide) -> None:
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


def test_refunds_in_part_and_in_full(buyer: Buyer, stripe_side: StripeSide) -> None:
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


def test_an_unknown_order_is_said_to_be_unknown(buyer: Buyer, watch: Watch) -> None:
    answer = buyer.page.goto(f"{buyer.shop_url}/return/{uuid.uuid4()}/")
    assert answer
    assert answer.status == 404
    watch.forgive("404")
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
