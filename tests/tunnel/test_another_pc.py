"""The whole path from another PC, with its own address and browser: https through a tunnel, and http over the LAN."""

import re
import sys
import uuid
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.tunnel.authority import Authority
from tests.tunnel.backend import CALLS_PER_MINUTE, PORT, Backend
from tests.tunnel.network import BACKEND_ON_LAN, Network

LAN_URL = f"http://{BACKEND_ON_LAN}:{PORT}"
MOST_PROCESSES = 4  # app/config/server_size.py
# A GET from the other PC without a browser; prints status and body.
FETCH = """
import ssl, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2]))
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
"""

# Repeats requests that claim different addresses until one is refused; prints status, Retry-After and their number.
ASK_UNTIL_REFUSED = """
import ssl, sys, urllib.error, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
for call in range(1000):
    request = urllib.request.Request(sys.argv[1], headers={"X-Forwarded-For": f"198.51.100.{call % 250}"})
    try:
        urllib.request.urlopen(request, context=context)
    except urllib.error.HTTPError as error:
        refused = error
        if error.code != 404:
            break
print(refused.code, refused.headers["Retry-After"], call)
"""


def pass_warning_page(page: Page) -> None:
    """Pass ngrok's warning page, which its free plan shows to browsers first."""
    expect(page.get_by_role("button", name="Visit Site")).to_be_visible()
    page.get_by_role("button", name="Visit Site").click()


def choose_and_pay(buyer: Buyer, frontend: str, api: str) -> None:
    buyer.page.goto(f"{frontend}/?api={quote(api)}")
    choose_mug_and_pay(buyer, api)


def choose_mug_and_pay(buyer: Buyer, api: str) -> None:
    page = buyer.page
    page.select_option("#product", "mug")
    buyer.screenshot(f"{name_of(api)}-1-frontend")
    page.click("#pay")


def name_of(api: str) -> str:
    return "tunnel" if api.startswith("https") else "lan"


def finish(buyer: Buyer, frontend: str, api: str) -> str:
    """Pay on the hosted page, and wait until the frontend shows it. Return the order's id."""
    buyer.arrive_at_payment()
    assert buyer.page.url.startswith(f"{api}/c/pay/"), "the payment page must have the shop's address"
    buyer.screenshot(f"{name_of(api)}-2-payment")
    buyer.pay_with(PAYS)
    buyer.page.wait_for_url(f"{frontend}/**order_id=**")
    expect(buyer.page.locator("#status")).to_contain_text("Paid. Thank you!")
    buyer.screenshot(f"{name_of(api)}-3-paid")
    found = re.search(r"order_id=([0-9a-f-]{36})", buyer.page.url)
    assert found
    return found[1]


def test_another_pcs_frontend_is_paid_through_the_tunnel(
    buyer: Buyer, downloaded: str, tunnel: str, backend: Backend
) -> None:
    buyer.page.goto(downloaded)
    expect(buyer.page.locator("#api")).to_have_value(tunnel)
    choose_mug_and_pay(buyer, tunnel)
    pass_warning_page(buyer.page)
    order_id = finish(buyer, downloaded, tunnel)
    assert backend.order(order_id)["status"] == "paid"


def test_another_pcs_frontend_is_paid_over_the_lan(buyer: Buyer, frontend: str, backend: Backend) -> None:
    choose_and_pay(buyer, frontend, LAN_URL)
    order_id = finish(buyer, frontend, LAN_URL)
    assert backend.order(order_id)["status"] == "paid"


@pytest.mark.parametrize("route", ["tunnel", "lan"])
def test_the_shop_can_be_used_from_another_pc(
    buyer: Buyer, route: str, backend: Backend, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("tunnel") if route == "tunnel" else LAN_URL
    buyer.page.goto(url)
    if route == "tunnel":
        pass_warning_page(buyer.page)
    buyer.pay_button.click()
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    order_id = buyer.arrive_back()
    assert buyer.page.url.startswith(f"{url}/return/")
    expect(buyer.page.locator("#state h1")).to_contain_text(re.compile("paid|thank", re.I))
    buyer.screenshot(f"{route}-shop-return")
    assert backend.order(order_id)["status"] == "paid"


def test_a_frontend_without_ngroks_header_gets_a_cors_error(page: Page, frontend: str, tunnel: str) -> None:
    page.goto(frontend)
    fetched = "([url, headers]) => fetch(url, {headers}).then(answer => answer.status, error => error.name)"
    products = f"{tunnel}/api/products/"
    assert page.evaluate(fetched, [products, {}]) == "TypeError", "scripts see a CORS error"
    assert page.evaluate(fetched, [products, {"ngrok-skip-browser-warning": "1"}]) == 200


def fetch(network: Network, url: str, ca: object) -> tuple[int, str]:
    done = network.run("other", sys.executable, "-c", FETCH, url, str(ca))
    status, _, body = done.stdout.partition(" ")
    assert status, done.stderr
    return int(status), body


class TestTheTunnelsReach:
    """The tunnel reaches the shop and nothing else."""

    @pytest.mark.parametrize(
        "path",
        [
            "/admin/",
            "/admin/login/",
            "/console/",
            "/console/state/",
            "/readyz",
            "/_emulator/",
            "/c/pay/../../_emulator/",
            "/v1/events",
        ],
    )
    def test_internal_addresses_do_not_exist(
        self, path: str, network: Network, tunnel: str, authority: Authority
    ) -> None:
        ca = authority.ca
        status, body = fetch(network, tunnel + path, ca)
        assert (status, body) == fetch(network, f"{tunnel}/no/such/page", ca)
        assert status == 404

    @pytest.mark.parametrize(
        "path", ["/", "/healthz", "/api/products/", "/api/docs", "/static/storefront/storefront.css"]
    )
    def test_public_addresses_work(self, path: str, network: Network, tunnel: str, authority: Authority) -> None:
        assert fetch(network, tunnel + path, authority.ca)[0] == 200

    def test_the_lan_reaches_the_admin_but_not_the_console(self, network: Network, backend: Backend) -> None:
        ca = backend.env["SSL_CERT_FILE"]
        assert fetch(network, f"{LAN_URL}/admin/login/", ca)[0] == 200
        assert fetch(network, f"{LAN_URL}/console/", ca)[0] == 404
        assert backend.get("/console/") == 200


def test_a_throttled_client_does_not_affect_others(
    network: Network, tunnel: str, authority: Authority, backend: Backend
) -> None:
    path = f"/api/orders/{uuid.uuid4()}/"
    # A stranger, not the other PC: the tests that follow need its calls.
    network.resolve("cloud", tunnel.removeprefix("https://"))
    result = network.run("cloud", sys.executable, "-c", ASK_UNTIL_REFUSED, tunnel + path, authority.ca)
    status, retry_after, calls = result.stdout.split()
    assert status == "429", result.stderr
    assert 1 <= int(retry_after) <= 60
    assert int(calls) >= CALLS_PER_MINUTE // MOST_PROCESSES, "each server process allows its share"
    # The app receives every visitor of the tunnel from the agent's address, which is this PC's own.
    assert backend.get(path) == 404

    def is_served() -> bool:
        """Return whether all processes serve the other PC again, for the next tests."""
        return all(fetch(network, tunnel + path, authority.ca)[0] == 404 for _ in range(8))

    backend.wait(is_served, "the limit was not lifted")


def test_the_doctor_passes_and_explains_the_warning_page(backend: Backend, tunnel: str) -> None:
    found = backend.doctor()
    assert [finding for finding in found.values() if finding["status"] == "failed"] == []
    assert found["outside"]["summary"] == f"{tunnel} leads here"
    assert found["closed"]["status"] == "ok"
    assert "ngrok-skip-browser-warning" in found["interstitial"]["remedy"]


def test_the_console_shows_the_warning_page(backend: Backend, tunnel: str) -> None:
    words = "ngrok shows browsers a warning page first"
    backend.wait(lambda: backend.links()["tunnel"]["words"] == words, "the console does not tell")
    assert backend.links()["tunnel"]["state"] == "faulty"
