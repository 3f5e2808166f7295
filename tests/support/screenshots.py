"""Take the README's screenshots of the real system in Chromium: `./scripts/screenshots`."""

import html
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.support.browser import FLAGS, ChromiumMissingError, find_chromium
from tests.support.stack import Stack

SIZE: ViewportSize = {"width": 1080, "height": 800}
CARD = {
    "#email": "jenny@example.com",
    "#card-number": "4242 4242 4242 4242",
    "#card-expiry": "12 / 34",
    "#card-cvc": "123",
    "#card-name": "Jenny Rosen",
}
TERMINAL = """<pre style="display: inline-block; max-width: 980px; margin: 0; padding: 20px; white-space: pre-wrap;
font: 14px/1.5 monospace; color: #e6edf3; background: #0d1117">{}</pre>"""


def take(page: Page, stack: Stack, folder: Path) -> None:
    """Walk through one payment and take a screenshot of each page."""

    def snap(name: str, *, whole: bool = False) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png", full_page=whole)

    page.goto(stack.url)
    snap("shop")
    page.click("#pay")
    page.wait_for_url("**/c/pay/**")
    for field, value in CARD.items():
        page.fill(field, value)
    snap("payment-page")
    page.click("#pay")
    page.wait_for_url("**/return/**")
    page.wait_for_selector("text=paid")
    snap("paid")
    page.goto(f"{stack.url}/console/")
    page.wait_for_selector("text=checkout.session.completed")
    page.wait_for_selector("text=no event yet", state="hidden")
    page.screenshot(path=folder / "console.png", full_page=True)
    page.goto("about:blank")  # the console's policy would block these styles
    page.set_content(TERMINAL.format(html.escape(f"$ ./scripts/doctor\n{stack.manage('doctor')}")))
    page.locator("pre").screenshot(path=folder / "doctor.png")


def main(folder: Path) -> None:
    """Take all screenshots into `folder`."""
    try:
        chromium = find_chromium()
    except ChromiumMissingError as error:
        sys.exit(f"./scripts/screenshots: {error}")
    folder.mkdir(parents=True, exist_ok=True)
    with Stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        take(browser.new_page(viewport=SIZE, locale="en-US"), stack, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
