"""A buyer's actions on the shop's and the payment page: choose, pay, read the order."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

PAYS = "4242424242424242"
DECLINED = "4000000000000002"
INSUFFICIENT_FUNDS = "4000000000009995"
THREE_D_SECURE = "4000000000003220"
DISPUTED = "4000000000000259"
ROUTING_NUMBER = "110000000"
ACCOUNT_THAT_PAYS = "000123456789"
ACCOUNT_THAT_FAILS = "000111111113"
TIMEOUT_S = 15.0
HOSTED_PAGE = re.compile(r"/c/pay/cs_\w+")
RETURN_PAGE = re.compile(r"/return/([0-9a-f-]{36})/")


class Buyer:
    """A buyer in one browser tab."""

    def __init__(self, page: Page, shop_url: str, artifacts: Path) -> None:
        self.page, self.shop_url, self.artifacts = page, shop_url, artifacts

    def open_shop(self) -> None:
        """Open the shop page."""
        self.page.goto(f"{self.shop_url}/")
        expect(self.pay_button).to_be_enabled()

    @property
    def pay_button(self) -> Locator:
        """The Pay button of the shop or of the payment page."""
        return self.page.locator("#pay")

    def go_to_payment(self) -> str:
        """Go from the shop to the payment page. Return the Checkout Session's id."""
        self.open_shop()
        self.pay_button.click()
        return self.arrive_at_payment()

    def arrive_at_payment(self) -> str:
        """Wait for the payment page. Return the Checkout Session's id."""
        self.page.wait_for_url(HOSTED_PAGE)
        expect(self.page.locator("#card-number")).to_be_visible()
        return self.page.url.split("/c/pay/")[1].split("#")[0].split("?")[0]

    def enter_card(self, number: str) -> None:
        """Fill in the payment page."""
        self.page.fill("#email", "ada@example.com")
        self.page.fill("#card-number", number)
        self.page.fill("#card-expiry", "12 / 34")
        self.page.fill("#card-cvc", "123")
        self.page.fill("#card-name", "Ada Lovelace")

    def pay_with(self, number: str) -> None:
        """Fill in the payment page and press its button."""
        self.enter_card(number)
        self.pay_button.click()

    def pay_by_debit(self, account: str) -> None:
        """Pay from a bank account; the debit succeeds or fails later."""
        self.page.check("[name=method][value=us_bank_account]")
        self.page.fill("#email", "ada@example.com")
        self.page.fill("#routing-number", ROUTING_NUMBER)
        self.page.fill("#account-number", account)
        self.page.fill("#account-name", "Ada Lovelace")
        self.pay_button.click()

    def authenticate(self, *, approve: bool) -> None:
        """Approve or refuse the bank's 3-D Secure page."""
        self.page.click("#complete" if approve else "#fail")

    def see_decline(self) -> None:
        """Wait until the payment page shows a declined payment."""
        expect(self.page.locator("#error")).to_be_visible()
        expect(self.pay_button).to_be_enabled()

    def cancel(self) -> None:
        """Leave the payment page by its link back to the shop."""
        self.page.click("#cancel")

    def arrive_back(self) -> str:
        """Wait for the return page. Return the order's id."""
        self.page.wait_for_url(RETURN_PAGE)
        found = RETURN_PAGE.search(self.page.url)
        assert found
        return found.group(1)

    def see(self, title: str) -> None:
        """Wait until the return page shows `title`."""
        expect(self.page.locator("#state h1")).to_have_text(title)

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the order from the API."""
        answer = self.page.request.get(f"{self.shop_url}/api/orders/{order_id}/")
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()
        return found

    def await_order(self, order_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the order from the API meets `condition`. Return the order."""
        deadline = time.monotonic() + TIMEOUT_S
        # The test polls, because the page's content security policy may forbid a script.
        while not condition(order := self.order(order_id)):
            assert time.monotonic() < deadline, order
            self.page.wait_for_timeout(100)
        return order

    def await_status(self, order_id: str, status: str) -> None:
        """Wait until the API returns `status`."""
        self.await_order(order_id, lambda order: order["status"] == status)

    def await_reason(self, order_id: str) -> dict[str, Any]:
        """Wait until the API returns a reason for the order's status. Return the order."""
        return self.await_order(order_id, lambda order: order["reason"] is not None)

    def fits_screen(self) -> None:
        """AssertionError when the page is wider than the screen: a phone would scroll sideways."""
        screen = self.page.viewport_size
        assert screen
        assert self.page.evaluate("document.documentElement.scrollWidth") <= screen["width"], self.page.url

    def screenshot(self, name: str) -> None:
        """Save a screenshot among the test artifacts."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.artifacts / f"{name}.png", full_page=True, animations="disabled")
