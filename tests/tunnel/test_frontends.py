"""Frontends on another PC that are not as in the README: on a phone, on https, opened as a file, two at once."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.tunnel.backend import Backend
from tests.tunnel.network import LAN, ROOT
from tests.tunnel.test_another_pc import (
    LAN_URL,
    choose_and_pay,
    choose_mug_and_pay,
    finish,
    pass_warning_page,
)

OTHER_ON_LAN = f"{LAN}.2"
AS_FILE = (ROOT / "examples" / "frontend" / "index.html").as_uri()


def open_frontend(page: Page, frontend: str, api: str) -> None:
    page.goto(f"{frontend}?api={quote(api)}")


def see(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.locator("#status")).to_contain_text(text)


class TestOnAPhone:
    """Every page fits, and pays."""

    def test_the_frontend_over_the_lan(self, phone: Buyer, frontend: str, backend: Backend) -> None:
        # By its address: on plain http a page has neither crypto.randomUUID nor a clipboard.
        frontend = frontend.replace("localhost", OTHER_ON_LAN)
        open_frontend(phone.page, frontend, LAN_URL)
        expect(phone.page.locator("#product option[value=mug]")).to_be_attached()
        phone.fits_screen()
        phone.screenshot("phone-1-frontend")
        phone.pay_button.tap()
        phone.arrive_at_payment()
        phone.fits_screen()
        phone.screenshot("phone-2-payment")
        phone.pay_with(PAYS)
        phone.page.wait_for_url(f"{frontend}/**order_id=**")
        see(phone.page, "Paid. Thank you!")
        phone.fits_screen()
        phone.screenshot("phone-3-paid")

    def test_the_shop_through_the_tunnel(self, phone: Buyer, tunnel: str, backend: Backend) -> None:
        phone.page.goto(tunnel)
        pass_warning_page(phone.page)
        expect(phone.pay_button).to_be_enabled()
        phone.fits_screen()
        expect(phone.page.get_by_role("navigation", name="For developers")).to_have_count(0)
        phone.screenshot("phone-shop")
        phone.pay_button.tap()
        phone.arrive_at_payment()
        phone.fits_screen()
        phone.pay_with(PAYS)
        order_id = phone.arrive_back()
        phone.see("Thank you, it’s paid")
        phone.fits_screen()
        phone.screenshot("phone-shop-paid")
        assert backend.order(order_id)["status"] == "paid"


class TestOnHttps:
    """Browsers keep a page on https from calling http addresses (W3C: "Mixed Content")."""

    def test_it_refuses_to_call_the_lan_itself(self, page: Page, frontend_on_https: str) -> None:
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        open_frontend(page, frontend_on_https, LAN_URL)
        see(page, "browsers block its calls to an http address", "Use the tunnel’s URL")
        page.click("#pay")
        see(page, "browsers block its calls to an http address")
        assert [text for text in seen if text.startswith(LAN_URL) or "Mixed Content" in text] == []

    def test_it_pays_through_the_tunnel_when_listed(
        self, buyer: Buyer, frontend_on_https: str, tunnel: str, backend: Backend
    ) -> None:
        choose_and_pay(buyer, frontend_on_https, tunnel)
        see(buyer.page, f"Add {frontend_on_https} to FRONTEND_ORIGINS")  # a name on the internet has to be
        with backend.allowing(frontend_on_https):
            choose_and_pay(buyer, frontend_on_https, tunnel)
            pass_warning_page(buyer.page)
            finish(buyer, frontend_on_https, tunnel)


class TestAsAFile:
    """Browsers send `Origin: null` for it."""

    @pytest.mark.parametrize("way", ["tunnel", "lan"])
    def test_buyers_return_to_the_backends_own_page(
        self, buyer: Buyer, way: str, request: pytest.FixtureRequest
    ) -> None:
        api = request.getfixturevalue("tunnel") if way == "tunnel" else LAN_URL
        open_frontend(buyer.page, AS_FILE, api)
        choose_mug_and_pay(buyer, api)
        if way == "tunnel":
            pass_warning_page(buyer.page)
        buyer.arrive_at_payment()
        buyer.pay_with(PAYS)
        buyer.arrive_back()
        assert buyer.page.url.startswith(f"{api}/return/")
        buyer.see("Thank you, it’s paid")

    def test_with_a_list_it_says_what_to_do(self, page: Page, backend: Backend, frontend: str) -> None:
        with backend.allowing(frontend):
            open_frontend(page, AS_FILE, LAN_URL)
            see(page, f"{LAN_URL} responds, but not to this page", "python -m http.server 5500")
            see(page, "opened as a file")


def test_two_frontends_get_their_own_buyers_back(
    buyer: Buyer, phone: Buyer, frontend: str, frontend_on_https: str, tunnel: str, backend: Backend
) -> None:
    with backend.allowing(frontend, frontend_on_https):
        choose_and_pay(buyer, frontend_on_https, tunnel)
        pass_warning_page(buyer.page)
        buyer.arrive_at_payment()
        choose_and_pay(phone, frontend, LAN_URL)
        orders = {finish(phone, frontend, LAN_URL), finish(buyer, frontend_on_https, tunnel)}
        assert [backend.order(order_id)["status"] for order_id in orders] == ["paid", "paid"]

        # A third one is not listed: it learns what to add.
        elsewhere = frontend.replace("localhost", OTHER_ON_LAN)
        open_frontend(buyer.page, elsewhere, LAN_URL)
        see(buyer.page, f"{LAN_URL} responds, but not to this page", f"FRONTEND_ORIGINS, add {elsewhere} to it")
