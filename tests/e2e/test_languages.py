"""A buyer whose browser speaks another language: pages, amounts and the email."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import DESKTOP, TIMEOUT
from tests.support.stack import Stack

TEXTS = {
    "de-DE": ("20,00 $ bezahlen", "Vielen Dank, die Zahlung ist da", "Ihre Quittung: 20,00 USD"),
    "es-MX": ("Pagar USD 20.00", "Gracias, el pago se ha realizado", "Su recibo: 20,00 USD"),
}


@pytest.fixture(params=TEXTS)
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A buyer's browser profile, in another language."""
    made = browser.new_context(viewport=DESKTOP, locale=request.param)
    made.set_default_timeout(TIMEOUT)
    yield made
    made.close()


def test_a_buyer_reads_everything_in_their_language(context: BrowserContext, buyer: Buyer, stack: Stack) -> None:
    locale = buyer.page.evaluate("navigator.language")
    pay, thanks, receipt = TEXTS[locale]
    buyer.open_shop()
    expect(buyer.page.locator("html")).to_have_attribute("lang", locale[:2])
    assert buyer.pay_button.inner_text().replace("\u00a0", " ") == pay
    buyer.screenshot(f"shop-{locale}")
    buyer.pay_button.click()
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    buyer.see(thanks)
    amount = re.compile(r"20[.,]00")
    expect(buyer.page.locator("#amount-total")).to_have_text(amount)
    assert buyer.page.locator("#amount-total").inner_text().replace("\u00a0", " ") in pay
    buyer.screenshot(f"paid-{locale}")
    buyer.page.goto(f"{stack.url}/console/")
    link = buyer.page.locator("#emails li").filter(has_text=receipt).first.get_by_role("link", name="Text")
    path = link.get_attribute("href") or ""
    assert order_id in buyer.page.request.get(stack.url + path).text()
