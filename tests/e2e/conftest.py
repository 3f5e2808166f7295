"""A browser in front of the real system: the machine's Chromium, the app, the worker and the emulator."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect, sync_playwright

from tests.e2e.buyer import Buyer
from tests.e2e.stripe_side import StripeSide
from tests.support.stack import Stack

ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts" / "e2e"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DECLINE = "402 (Payment Required)"  # the payment page's answer for a declined card: no fault of any page
DESKTOP: ViewportSize = {"width": 1280, "height": 860}

TIMEOUT = 15_000  # ms; the machine may be busy

expect.set_options(timeout=TIMEOUT)


def find_chromium() -> str:
    """Return the path of the machine's own Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is missing (Debian and Ubuntu: apt-get install chromium)")
    return path


# Not for the whole session: while Playwright's loop runs, Django refuses to touch the database in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A buyer's browser profile: English, on a desktop."""
    made = browser.new_context(viewport=DESKTOP, locale="en-US")
    made.set_default_timeout(TIMEOUT)
    yield made
    made.close()


class Watch:
    """What goes wrong on a page behind the buyer's back."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.hosts = {
            f"{name}:{port}" for name in ("localhost", "127.0.0.1") for port in (stack.port, stack.emulator_port)
        }
        self.complaints: list[str] = []
        # Blocked by a content security policy, an asset that is missing, an exception: all show up here.
        page.on(
            "console", lambda message: self._note(message.type == "error" and DECLINE not in message.text, message.text)
        )
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", self._check)

    def _note(self, wrong: bool, text: str) -> None:
        if wrong:
            self.complaints.append(text)

    def _check(self, request: Request) -> None:
        url = urlsplit(request.url)
        self._note(
            url.scheme not in ("data", "blob", "file") and url.netloc not in self.hosts, f"foreign host: {request.url}"
        )

    def forgive(self, text: str) -> None:
        """Drop the complaints that hold `text`: this test provokes them. AssertionError when there is none."""
        kept = [complaint for complaint in self.complaints if text not in complaint]
        assert len(kept) < len(self.complaints), f"nobody complained about {text!r}"
        self.complaints = kept


@pytest.fixture
def page(context: BrowserContext, watch_of: dict[Page, Watch], stack: Stack) -> Page:
    """A tab that is watched; the test fails when it complains."""
    tab = context.new_page()
    watch_of[tab] = Watch(tab, stack)
    return tab


@pytest.fixture
def watch_of() -> Iterator[dict[Page, Watch]]:
    """The watch of each tab."""
    watches: dict[Page, Watch] = {}
    yield watches
    assert [complaint for watch in watches.values() for complaint in watch.complaints] == []


@pytest.fixture
def watch(page: Page, watch_of: dict[Page, Watch]) -> Watch:
    """The watch of the test's tab."""
    return watch_of[page]


@pytest.fixture
def buyer(page: Page, stack: Stack) -> Buyer:
    """Somebody who uses the shop."""
    return Buyer(page, stack.url, ARTIFACTS)


@pytest.fixture
def stripe_side(stack: Stack) -> Iterator[StripeSide]:
    """What happens at Stripe, away from the browser."""
    side = StripeSide(stack.emulator_url)
    yield side
    side.clear_faults()
