"""Run a browser with the real system: Chromium, the app, the worker and the emulator."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect, sync_playwright

from tests.cli.installed import not_here, npm_package
from tests.e2e.buyer import Buyer
from tests.e2e.stripe_side import StripeSide
from tests.support.browser import FLAGS, find_chromium
from tests.support.stack import Stack

ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts" / "e2e"
DECLINE = "402 (Payment Required)"  # the payment page's response to a declined card, not an error
DESKTOP: ViewportSize = {"width": 1280, "height": 860}

TIMEOUT = 15_000  # ms; the machine may be busy
AXE_VERSION = "4.14.1"
# What axe found: the rule, how to fix it, and where.
VIOLATIONS = """async () => (await axe.run()).violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`)"""
Axe = Callable[[Page], list[str]]

expect.set_options(timeout=TIMEOUT)


# Not session-wide: while Playwright's event loop runs, Django refuses database access in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def axe() -> Axe:
    """Return what axe-core finds on a page: obstacles for people with disabilities."""
    if not shutil.which("npm"):
        not_here("no npm (Debian, Ubuntu: apt install npm)")
    installed = npm_package("axe-core", AXE_VERSION, "axe-core")
    source = (installed / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def violations(page: Page) -> list[str]:
        page.evaluate(source)  # not a script of the page, whose policy would refuse it
        found: list[str] = page.evaluate(VIOLATIONS)
        return found

    return violations


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A buyer's browser profile: English, on a desktop."""
    made = browser.new_context(viewport=DESKTOP, locale="en-US")
    made.set_default_timeout(TIMEOUT)
    yield made
    made.close()


class Watch:
    """Collects errors on a page, and requests to other hosts."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.hosts = {
            f"{name}:{port}" for name in ("localhost", "127.0.0.1") for port in (stack.port, stack.emulator_port)
        }
        self.errors: list[str] = []
        # Console messages include violations of the content security policy, missing assets and exceptions.
        page.on(
            "console", lambda message: self._add(message.type == "error" and DECLINE not in message.text, message.text)
        )
        page.on("pageerror", lambda error: self._add(True, str(error)))
        page.on("request", self._check)

    def _add(self, wrong: bool, text: str) -> None:
        if wrong:
            self.errors.append(text)

    def _check(self, request: Request) -> None:
        url = urlsplit(request.url)
        self._add(
            url.scheme not in ("data", "blob", "file") and url.netloc not in self.hosts, f"foreign host: {request.url}"
        )

    def expect_error(self, text: str) -> None:
        """Remove the errors that contain `text`, which the test provokes. Raise AssertionError if there are none."""
        kept = [error for error in self.errors if text not in error]
        assert len(kept) < len(self.errors), f"no error contains {text!r}"
        self.errors = kept


@pytest.fixture
def page(context: BrowserContext, watch_of: dict[Page, Watch], stack: Stack) -> Page:
    """A watched tab; errors fail the test."""
    tab = context.new_page()
    watch_of[tab] = Watch(tab, stack)
    return tab


@pytest.fixture
def watch_of() -> Iterator[dict[Page, Watch]]:
    """The watch of each tab."""
    watches: dict[Page, Watch] = {}
    yield watches
    assert [error for watch in watches.values() for error in watch.errors] == []


@pytest.fixture
def watch(page: Page, watch_of: dict[Page, Watch]) -> Watch:
    """The watch of the test's tab."""
    return watch_of[page]


@pytest.fixture
def buyer(page: Page, stack: Stack) -> Buyer:
    """A buyer in the shop."""
    return Buyer(page, stack.url, ARTIFACTS)


@pytest.fixture
def stripe_side(stack: Stack) -> Iterator[StripeSide]:
    """Actions at Stripe, outside the browser."""
    side = StripeSide(stack.emulator_url)
    yield side
    side.clear_faults()
