"""The example frontend on its own origin, as on a teammate's PC."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.e2e.buyer import PAYS, Buyer
from tests.e2e.conftest import Watch
from tests.support.stack import Stack

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "frontend"
# What a page in a sandbox reads from the URL, and the origin that it has, as online editors show previews.
IN_A_SANDBOX = """(url) => new Promise((done) => {
    addEventListener("message", (event) => done([event.origin, event.data]));
    const frame = Object.assign(document.createElement("iframe"), { sandbox: "allow-scripts" });
    const tell = "(answer) => parent.postMessage(answer.default_sku ?? String(answer), '*')";
    frame.srcdoc = `<script>fetch("${url}").then((answer) => answer.json()).then(${tell}, ${tell})</script>`;
    document.body.append(frame);
})"""


class Handler(SimpleHTTPRequestHandler):
    """The handler of `python -m http.server`, without its log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture
def frontend(watch: Watch) -> Iterator[str]:
    """The example's URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(FOLDER))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        watch.hosts.add(f"127.0.0.1:{server.server_port}")
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_starts_a_payment_and_shows_the_paid_order(buyer: Buyer, frontend: str, stack: Stack) -> None:
    page = buyer.page
    page.goto(f"{frontend}/?api={quote(stack.url)}")
    expect(page.locator("#product option")).not_to_have_count(1)
    page.select_option("#product", "mug")
    buyer.screenshot("example-frontend")
    page.click("#pay")
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    page.wait_for_url(f"{frontend}/**order_id=**")
    expect(page.locator("#status")).to_contain_text("Paid. Thank you!")
    buyer.screenshot("example-frontend-paid")


def test_it_shows_an_unpaid_order_after_a_cancellation(buyer: Buyer, frontend: str, stack: Stack) -> None:
    buyer.page.goto(f"{frontend}/?api={quote(stack.url)}")
    buyer.page.click("#pay")
    buyer.arrive_at_payment()
    buyer.cancel()
    expect(buyer.page.locator("#status")).to_contain_text("has not been paid")


def test_an_unreachable_backend_is_named(buyer: Buyer, frontend: str, watch: Watch) -> None:
    watch.hosts.add("127.0.0.1:9")
    buyer.page.goto(f"{frontend}/?api=http://127.0.0.1:9")
    expect(buyer.page.locator("#status")).to_contain_text("No response from http://127.0.0.1:9")
    watch.expect_error("ERR_")


def test_a_pasted_address_is_cleaned_up(buyer: Buyer, frontend: str, watch: Watch, stack: Stack) -> None:
    page, status = buyer.page, buyer.page.locator("#status")
    watch.hosts.add("127.0.0.1:9")
    page.goto(frontend)
    page.fill("#api", "127.0.0.1:9")
    page.locator("#api").blur()
    expect(status).to_contain_text("No response from http://127.0.0.1:9")
    watch.expect_error("ERR_")
    page.fill("#api", f"  localhost:{stack.port}/api/docs ")
    page.locator("#api").blur()
    expect(page.locator("#product option[value=mug]")).to_be_attached()
    expect(status).to_be_hidden()
    page.reload()
    expect(page.locator("#api")).to_have_value(stack.url)


def test_a_page_opened_as_a_file_can_pay(buyer: Buyer, stack: Stack) -> None:
    buyer.page.goto(f"{(FOLDER / 'index.html').as_uri()}?api={quote(stack.url)}")
    buyer.page.click("#pay")
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    buyer.arrive_back()
    buyer.see("Thank you, it’s paid")


def test_a_sandbox_without_an_origin_calls_the_api(buyer: Buyer, frontend: str, stack: Stack) -> None:
    buyer.page.goto(frontend)
    assert buyer.page.evaluate(IN_A_SANDBOX, f"{stack.url}/api/products/") == ["null", "default"]


def test_the_readmes_code_works(buyer: Buyer, frontend: str, stack: Stack) -> None:
    [lines] = re.findall(r"```js\n(.*?)```", (FOLDER / "README.md").read_text(), re.S)
    start, _, back = lines.replace("https://….ngrok-free.app", stack.url).partition("// After the return")
    page = buyer.page
    page.goto(f"{frontend}/?api={quote(stack.url)}")
    page.evaluate(f"async () => {{ {start} }}")
    buyer.arrive_at_payment()
    buyer.pay_with(PAYS)
    page.wait_for_url(f"{frontend}/**order_id=**")
    buyer.await_status(str(page.evaluate("new URLSearchParams(location.search).get('order_id')")), "paid")
    call = start.partition("// Start a payment")[0]
    read = f"async () => {{ {call} // After the return{back}; return status; }}"
    assert page.evaluate(read) == "paid"

    # Again from the page with the first order's id in its URL: the code must read the second order.
    page.evaluate(f"async () => {{ {start} }}")
    buyer.arrive_at_payment()
    buyer.cancel()
    page.wait_for_url(f"{frontend}/**canceled=1**")
    assert page.url.count("order_id=") == 1
    assert page.evaluate(read) == "pending"


def test_another_server_at_the_address_is_recognized(buyer: Buyer, frontend: str, watch: Watch) -> None:
    buyer.page.goto(f"{frontend}/?api={quote(frontend)}")
    expect(buyer.page.locator("#status")).to_contain_text("not with this backend’s API")
    watch.expect_error("404")


def test_an_unknown_order_is_reported(buyer: Buyer, frontend: str, watch: Watch, stack: Stack) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    buyer.page.goto(f"{frontend}/?api={quote(stack.url)}&order_id={unknown}")
    expect(buyer.page.locator("#status")).to_contain_text("Order not found")
    watch.expect_error("404")
