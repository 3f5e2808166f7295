"""The emulator's dashboard on a desktop and on a phone."""

from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.stripe_side import StripeSide

WIDTHS = {"desktop": 1280, "phone": 360}
#: As long as the API takes them.
LONG = "order-" + "0123456789" * 19


@pytest.fixture(params=WIDTHS)
def sized(request: pytest.FixtureRequest, page: Page) -> Page:
    """Return a tab of a desktop's or a phone's size."""
    page.set_viewport_size(ViewportSize(width=WIDTHS[request.param], height=800))
    return page


def fill(client: stripe.StripeClient) -> stripe.Charge:
    """Make a row of each kind with long texts. Returns a charge that can be refunded."""
    lines: Any = [{"price_data": {"currency": "idr", "unit_amount": 99_999_900, "product_data": {"name": "A"}}}]
    lines[0]["quantity"] = 1
    client.v1.checkout.sessions.create(
        {"mode": "payment", "success_url": "https://shop.test", "client_reference_id": LONG, "line_items": lines}
    )
    unreachable = f"http://127.0.0.1:9/{LONG}"
    endpoint = client.v1.webhook_endpoints.create({"url": unreachable, "enabled_events": ["charge.succeeded"]})
    params: Any = {"amount": 99_999_900, "currency": "idr", "confirm": True, "payment_method_types": ["card"]}
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(params | {"payment_method": "pm_card_chargeDeclinedExpiredCard"})
    client.v1.payment_intents.create(params | {"payment_method": "pm_card_createDispute"})
    intent = client.v1.payment_intents.create(params | {"payment_method": "pm_card_visa"})
    client.v1.refunds.create({"charge": str(intent.latest_charge), "amount": 100})
    client.v1.webhook_endpoints.delete(endpoint.id)
    return client.v1.charges.retrieve(str(intent.latest_charge))


def test_every_button_is_visible_without_scrolling_sideways(sized: Page, stripe_side: StripeSide) -> None:
    fill(stripe_side.client)
    sized.goto(f"{stripe_side.url}/_emulator/")
    for label in ("Refund", "Dispute", "Resend", "Expire"):
        expect(sized.get_by_role("button", name=label).first).to_be_attached()
    assert out_of_sight(sized) == []


def test_the_refund_button_refunds_a_payment(sized: Page, stripe_side: StripeSide) -> None:
    charge = fill(stripe_side.client)
    sized.goto(f"{stripe_side.url}/_emulator/")
    row = sized.locator("#payments tr", has_text=charge.id)
    row.get_by_role("button", name="Refund").click()
    expect(row).to_contain_text("refunded")
    expect(row.get_by_role("button", name="Refund")).to_have_count(0)
    assert stripe_side.client.v1.charges.retrieve(charge.id).refunded


def out_of_sight(page: Page) -> list[str]:
    """Return the buttons and links beyond an edge of the window, or of a part that scrolls sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const beyond = (box, edge) => box.left < edge.left - 1 || box.right > edge.right + 1;
            const window_ = {left: 0, right: document.documentElement.clientWidth};
            return [...document.querySelectorAll("button, a, input, select")].filter((each) => {
                const box = each.getBoundingClientRect();
                const part = each.closest(".scroll")?.getBoundingClientRect() ?? window_;
                return box.width > 0 && (beyond(box, window_) || beyond(box, part));
            }).map((each) => each.textContent || each.name);
        }"""
    )
    return found
