"""The console in a browser on this PC. Page errors and requests to other hosts fail the test."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import ARTIFACTS, Watch
from tests.support.stack import Stack

FAIL = (
    "from app.payments.models import Fulfillment; Fulfillment.objects.filter(order={!r}).update("
    "status='dead', attempts=12, done_at=None, error='SMTPException: no such host')"
)
TOO_NARROW = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def console(page: Page, stack: Stack) -> Page:
    """The open page, connected."""
    page.goto(f"{stack.url}/console/")
    expect(page.locator("#connection")).to_have_text("live")
    return page


@pytest.fixture
def order_id(buyer: Buyer) -> str:
    """An order that has just been paid."""
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    found = buyer.arrive_back()
    buyer.await_status(found, "paid")
    return found


@pytest.fixture
def without_faults(stack: Stack, page: Page) -> Iterator[None]:
    """Delete all faults afterwards."""
    yield
    page.request.delete(f"{stack.emulator_url}/_emulator/faults")


def row_of(console: Page, order_id: str) -> Locator:
    return console.locator(f"#orders li[data-key='{order_id}']")


def test_the_state_of_each_connection_is_shown(order_id: str, console: Page) -> None:
    for link in ("database", "worker", "stripe", "events"):
        expect(console.locator(f"[data-link={link}]")).to_have_attribute("data-state", "up")
    expect(console.locator("[data-link=tunnel]")).to_have_attribute("data-state", "off")
    expect(console.locator("[data-link=events] span")).to_contain_text("since")
    expect(console.locator("#last-event")).to_contain_text("last event")


def test_a_new_order_appears_and_becomes_paid(
    order_id: str, console: Page, buyer: Buyer, stack: Stack, browser: Browser
) -> None:
    console.evaluate("window.notReloaded = true")
    other_tab = browser.new_page()
    other = Buyer(other_tab, stack.url, ARTIFACTS)
    other.go_to_payment()
    expect(console.locator("#orders li").first).to_contain_text("pending")
    other.pay_with(PAYS)
    new = other.arrive_back()
    expect(row_of(console, new)).to_contain_text("paid")
    expect(console.locator("#events li").first).to_contain_text("checkout.session.completed")
    assert console.evaluate("window.notReloaded")
    other_tab.close()


def test_an_order_shows_its_timeline(order_id: str, console: Page) -> None:
    row_of(console, order_id).click()
    steps = console.locator("#steps li")
    expect(steps.first).to_contain_text("Order created")
    expect(console.locator("#steps")).to_contain_text("checkout.session.completed")
    expect(steps.last).to_contain_text("Fulfilled")
    console.screenshot(path=ARTIFACTS / "console-order.png", animations="disabled")
    console.keyboard.press("Escape")
    expect(console.locator("#detail")).not_to_be_visible()


def test_a_failed_fulfillment_is_shown_until_a_retry_succeeds(order_id: str, console: Page, stack: Stack) -> None:
    expect(console.locator("#undelivered-card")).to_be_hidden()
    stack.manage("shell", "-c", FAIL.format(order_id))
    expect(console.locator("#undelivered li")).to_contain_text("SMTPException: no such host")
    console.screenshot(path=ARTIFACTS / "console-undelivered.png", animations="disabled")
    console.get_by_role("button", name="Retry").click()
    expect(console.locator("#undelivered-card")).to_be_hidden()
    row_of(console, order_id).click()
    expect(console.locator("#steps li").last).to_contain_text("Fulfilled")


def test_a_button_replays_an_event(order_id: str, console: Page) -> None:
    console.locator("#events li").first.get_by_role("button", name="Replay").click()
    expect(console.locator("#toast")).to_contain_text("Replayed: applied to its order")
    expect(row_of(console, order_id)).to_contain_text("paid")


@pytest.mark.usefixtures("without_faults")
def test_a_fault_is_switched_on_and_off(console: Page) -> None:
    with console.expect_response("**/console/faults/"):
        console.get_by_text("Late events").click()
    console.reload()
    expect(console.locator("[data-fault=late]")).to_be_checked()
    with console.expect_response("**/console/faults/"):
        console.get_by_text("Late events").click()
    console.reload()
    expect(console.locator("#connection")).to_have_text("live")
    expect(console.locator("[data-fault=late]")).not_to_be_checked()


@pytest.mark.usefixtures("without_faults")
@pytest.mark.parametrize(
    ("fault", "link", "state", "words"),
    [
        ("Slow API", "stripe", "faulty", "every call takes 3 seconds"),
        ("Failing API", "stripe", "down", "every call returns 500"),
        ("Rate limit", "stripe", "down", "every call returns 429"),
        ("Lost events", "events", "down", "none arrive"),
        ("Duplicate events", "events", "faulty", "delivered three times"),
        ("Late events", "events", "faulty", "after 10 seconds"),
        ("Events out of order", "events", "faulty", "within 5 seconds"),
    ],
)
def test_a_wire_shows_a_fault_and_its_end(
    order_id: str, console: Page, fault: str, link: str, state: str, words: str
) -> None:
    wire = console.locator(f"[data-link={link}]")
    expect(wire).to_have_attribute("data-state", "up")
    console.get_by_text(fault).click()
    expect(wire).to_have_attribute("data-state", state)
    expect(wire).to_contain_text(words)
    expect(wire).to_contain_text("since")
    console.get_by_text(fault).click()
    expect(wire).to_have_attribute("data-state", "up")


def five_minutes_later(route: Route) -> None:
    """The server's state, as it will be then."""
    answer = route.fetch()
    body = answer.json()
    body["now"] = (datetime.fromisoformat(body["now"]) + timedelta(minutes=5)).isoformat()
    route.fulfill(response=answer, json=body)


def test_the_doctors_result_shows_its_age(console: Page) -> None:
    console.get_by_role("button", name="Run all checks").click()
    expect(console.locator("#conclusion")).to_have_text(re.compile("Everything works"), timeout=60_000)
    expect(console.locator("#findings")).to_contain_text("a session's event reached its order")
    expect(console.locator("#conclusion")).to_contain_text("Checked")
    console.route("**/console/state/", five_minutes_later)
    expect(console.locator("#conclusion")).to_contain_text("Checked 5 min ago")


OBSERVE = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, startTime, sources } of list.getEntries()) {
    const moved = sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
    if (!hadRecentInput) window.shifts.push({ value, startTime, moved });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# As browsers report it: the worst window of at most five seconds without a second of rest (web.dev, "CLS").
WORST_WINDOW = """
() => {
  let worst = 0, sum = 0, first = -Infinity, last = -Infinity;
  for (const { value, startTime } of window.shifts) {
    if (startTime - last > 1000 || startTime - first > 5000) [sum, first] = [0, startTime];
    [sum, last] = [sum + value, startTime];
    worst = Math.max(worst, sum);
  }
  return worst;
}
"""


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (390, 844)])
def test_the_layout_stays_while_state_arrives(
    order_id: str, browser: Browser, stack: Stack, width: int, height: int
) -> None:
    tab, shop = browser.new_page(viewport={"width": width, "height": height}), browser.new_page()
    tab.add_init_script(OBSERVE)
    # As on a slow computer: the page is painted before its state is there.
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    tab.context.new_cdp_session(tab).send("Network.emulateNetworkConditions", slow)
    tab.goto(f"{stack.url}/console/")
    expect(tab.locator("#connection")).to_have_text("live")
    expect(tab.locator("#orders li").first).to_be_visible()
    buyer = Buyer(shop, stack.url, ARTIFACTS)
    buyer.go_to_payment()
    buyer.pay_with(PAYS)
    expect(row_of(tab, buyer.arrive_back())).to_contain_text("paid")
    expect(tab.locator("#events li").first).to_contain_text("checkout.session.completed")
    stack.manage("shell", "-c", FAIL.format(order_id))
    expect(tab.locator("#alarm")).to_be_visible()
    assert tab.evaluate(WORST_WINDOW) < 0.05, tab.evaluate("window.shifts")
    tab.get_by_role("button", name="Retry").click()
    expect(tab.locator("#alarm")).to_be_hidden()
    for page in (tab, shop):
        page.close()


def test_an_address_can_be_copied(console: Page) -> None:
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = console.locator("#addresses div", has_text="This PC")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Copied")
    assert console.evaluate("navigator.clipboard.readText()").startswith("http://localhost:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "width"), [("desktop", 1280), ("phone", 360)])
def test_it_fits_every_screen_in_light_and_dark(
    order_id: str, browser: Browser, stack: Stack, scheme: str, device: str, width: int
) -> None:
    tab = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    tab.goto(f"{stack.url}/console/")
    expect(tab.locator("#orders li").first).to_be_visible()
    assert not tab.evaluate(TOO_NARROW)
    tab.screenshot(path=ARTIFACTS / f"console-{device}-{scheme}.png", full_page=True, animations="disabled")
    tab.close()


def test_the_page_recovers_from_a_lost_connection(console: Page, watch: Watch) -> None:
    expect(console.locator("[data-link=database]")).to_have_attribute("data-state", "up")
    console.context.set_offline(True)
    expect(console.locator("#connection")).to_contain_text("not responding")
    expect(console.locator("[data-link][data-state=up]")).to_have_count(0)
    expect(console.locator("[data-link=stripe]")).to_contain_text("unknown: the app is not responding")
    console.context.set_offline(False)
    expect(console.locator("#connection")).to_have_text("live")
    expect(console.locator("[data-link=database]")).to_have_attribute("data-state", "up")
    watch.expect_error("ERR_INTERNET_DISCONNECTED")
