"""What somebody finds who has just started the stack, on a desktop and on a phone's screen."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.buyer import Buyer
from tests.e2e.conftest import ARTIFACTS, DESKTOP, Watch
from tests.support.stack import Stack

PHONE: ViewportSize = {"width": 360, "height": 740}
# Each link's name, and the heading that it leads to.
PLACES = {"Console": "Console", "Admin": "Corner Shop: administration", "Local Stripe": "Stripe emulator"}


@pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_footers_links_fit_the_screen(
    browser: Browser, stack: Stack, watch_of: dict[Page, Watch], device: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size, has_touch=device == "phone", is_mobile=device == "phone")
    page = context.new_page()
    watch_of[page] = Watch(page, stack)
    buyer = Buyer(page, stack.url, ARTIFACTS)
    buyer.open_shop()
    links = page.get_by_role("navigation", name="For developers").get_by_role("link")
    expect(links).to_have_text(["Console", "Admin", "API", "Local Stripe"])
    for link in links.all():
        box = link.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["height"] >= 36, "a finger hits it"
    buyer.fits_screen()
    buyer.screenshot(f"newcomer-{device}")
    context.close()


@pytest.mark.parametrize(("name", "heading"), PLACES.items())
def test_each_link_of_the_footer_leads_there(buyer: Buyer, name: str, heading: str) -> None:
    buyer.open_shop()
    buyer.page.get_by_role("navigation", name="For developers").get_by_role("link", name=name, exact=True).click()
    expect(buyer.page.get_by_text(heading).first).to_be_visible()
    expect(buyer.page.locator("link[rel=icon]")).to_have_count(1)  # else the browser asks for /favicon.ico


def test_the_link_to_the_api_shows_its_operations(buyer: Buyer) -> None:
    buyer.open_shop()
    buyer.page.get_by_role("link", name="API", exact=True).click()
    expect(buyer.page.get_by_text("/api/checkout/").first).to_be_visible()
