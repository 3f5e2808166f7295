"""The console in a browser on this PC. Page errors and requests to other hosts fail the test."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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


def test_a_button_runs_the_doctor(console: Page) -> None:
    console.get_by_role("button", name="Run all checks").click()
    expect(console.locator("#conclusion")).to_have_text(re.compile("Everything works"), timeout=60_000)
    expect(console.locator("#findings")).to_contain_text("a session's event reached its order")


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
    console.context.set_offline(True)
    expect(console.locator("#connection")).to_contain_text("not responding")
    console.context.set_offline(False)
    expect(console.locator("#connection")).to_have_text("live")
    watch.expect_error("ERR_INTERNET_DISCONNECTED")
