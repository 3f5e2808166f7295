"""The emulator accepts programs and its own pages, and refuses pages of other origins."""

import asyncio
import json
import shutil
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Error, sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stripe_emulator import Config
from stripe_emulator.deliveries.addresses import is_refused, resolve
from support.receiver import Receiver
from support.running import KEY, Running

FOREIGN = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    # An attacker's domain that resolves to this machine: same origin for the browser, but not ours.
    {"Origin": "http://evil.test:1", "Host": "evil.test:1", "Sec-Fetch-Site": "same-origin"},
    {"Host": "127.0.0.1.evil.test"},
]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WRITES = [
    ("POST", "/v1/webhook_endpoints"),
    ("POST", "/v1/stripecli/sessions"),
    ("DELETE", "/v1/webhook_endpoints/we_1"),
    ("POST", "/_emulator/reset"),
    ("POST", "/_emulator/faults"),
    ("DELETE", "/_emulator/faults"),
    ("POST", "/_emulator/actions/refund"),
    ("POST", "/c/pay/cs_test_1/confirm"),
    ("POST", "/c/pay/intent/pi_1"),
]
READS = [("GET", "/v1/customers"), ("GET", "/_emulator/deliveries"), ("GET", "/_emulator/")]


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def ask(emulator: Running, method: str, path: str, headers: dict[str, str]) -> Any:
    full = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded", **headers}
    return emulator.http.request(method, f"{emulator.url}{path}", headers=full, redirect=False)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(("method", "path"), WRITES + READS)
def test_other_origins_pages_are_refused(shared: Running, method: str, path: str, headers: dict[str, str]) -> None:
    answer = ask(shared, method, path, headers)
    assert answer.status == 403
    assert "not allowed" in answer.json()["error"]["message"]


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:5", "stripe-emulator:12111", "api.stripe.com",
                                  "host.docker.internal", "192.168.1.7:12111", "shop.localhost"])  # fmt: skip
def test_unregistrable_host_names_are_accepted(shared: Running, host: str) -> None:
    assert ask(shared, "GET", "/v1/customers", {"Host": host}).status == 200


@pytest.mark.parametrize("config", [Config(allowed_hosts=("stripe.dev",)), Config(public_url="https://stripe.dev")])
def test_an_allowed_host_is_accepted(config: Config) -> None:
    with Running(config) as emulator:
        assert ask(emulator, "GET", "/v1/customers", {"Host": "stripe.dev"}).status == 200
        refused = ask(emulator, "GET", "/v1/customers", {"Host": "evil.dev"})
        assert "--allow-host evil.dev" in refused.json()["error"]["message"]


def test_a_shop_can_link_to_the_payment_page(shared: Running) -> None:
    session = shared.session()
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert ask(shared, "GET", f"/c/pay/{session.id}", headers).status == 200
    assert ask(shared, "GET", "/v1/customers", headers).status == 403


@pytest.mark.parametrize("path", ["/c/pay/assets/icon.svg", "/_emulator/", "/_emulator/health"])
def test_no_other_site_embeds_a_response(shared: Running, path: str) -> None:
    # To an address that is neither https nor localhost, a browser does not say which page asks for an image.
    assert ask(shared, "GET", path, {}).headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("headers", FOREIGN)
def test_other_origins_pages_open_no_websocket(shared: Running, headers: dict[str, str]) -> None:
    params = {"device_name": "a", "websocket_features[]": "webhooks"}
    made = shared.api("POST", "/v1/stripecli/sessions", params).json()
    own = {"Websocket-Id": made["websocket_id"]}
    with connect(made["websocket_url"], additional_headers=own, subprotocols=["stripecli-devproxy-v1"]):  # type: ignore[list-item]
        pass
    if "Host" in headers:
        return  # the client sets its own Host
    with pytest.raises(InvalidStatus) as caught:
        connect(made["websocket_url"], additional_headers={**own, **headers}).close()
    assert caught.value.response.status_code == 403


def test_a_devices_secret_depends_on_the_key(shared: Running) -> None:
    def secret(key: str) -> str:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-www-form-urlencoded"}
        body = "device_name=laptop&websocket_features[]=webhooks"
        url = f"{shared.url}/v1/stripecli/sessions"
        return str(shared.http.request("POST", url, body=body, headers=headers).json()["secret"])

    assert secret("sk_test_one") == secret("sk_test_one") != secret("sk_test_two")


@pytest.mark.parametrize("path", ["/v1/customers", "/c/pay/cs_test_1/confirm", "/_emulator/faults", "/nothing"])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_body_size_is_limited_everywhere(shared: Running, path: str, chunked: bool) -> None:
    body = b"x" * (2 << 20)
    sent: Any = iter([body[:1000], body[1000:]]) if chunked else body
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = shared.http.request("POST", f"{shared.url}{path}", body=sent, headers=headers)
    assert answer.status == 413
    assert "too large" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/{}", "/v1/{}/{}", "/v1/customers/{}", "/v1/%20GET", "/v1/customers/%20GET",
                                  "/v1/%20POST/%20GET", "/v1/customers/%00", "/v1/customers/%2e", "/v1//"])  # fmt: skip
def test_odd_paths_are_not_found(shared: Running, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = ask(shared, method, path, {})
        assert (answer.status, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_a_full_disk_is_an_api_error(tmp_path: Any) -> None:
    with Running(Config(data=tmp_path / "state.db")) as emulator:
        session = emulator.session()
        database = emulator.app.emulator.store.db
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count={pages}")
        answers = [emulator.api("POST", "/v1/products", {"name": "x" * 250}) for _ in range(100)]
        failed = next(each for each in answers if each.status == 500)
        assert failed.json()["error"]["type"] == "api_error"
        paid = [emulator.confirm(session) for _ in range(3)][-1]
        assert "log has the error" in paid["error"]["message"]
        database.execute("PRAGMA max_page_count=1000000")
        assert emulator.api("POST", "/v1/products", {"name": "A"}).status == 200
        assert "redirect" in emulator.confirm(session)


REFUSED = ["169.254.169.254", "169.254.1.1", "2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376",
           "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fd00:ec2::23",
           "fd20:ce::254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254", "100.100.100.200",
           "168.63.129.16", "192.0.0.192", "１６９.254.169.254", "169。254。169。254", "metadata.google.internal",
           "Metadata.Google.Internal.", "instance-data"]  # fmt: skip
ALLOWED = ["127.0.0.1", "localhost", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2001:db8::1", "10.0.0.1",
           "192.168.1.1", "172.17.0.1", "example.com", "app"]  # fmt: skip


@pytest.mark.parametrize("host", REFUSED)
def test_metadata_addresses_are_refused_in_any_notation(shared: Running, host: str) -> None:
    assert is_refused(host)
    url = f"http://{f'[{host}]' if ':' in host else host}/latest/meta-data/"
    endpoint = shared.api("POST", "/v1/webhook_endpoints", {"url": "http://127.0.0.1:1/", "enabled_events[]": "*"})
    for path in ("/v1/webhook_endpoints", f"/v1/webhook_endpoints/{endpoint.json()['id']}"):
        for refused in (url, url.replace("http://", "https://user:secret@"), url.replace("http", "HTTP")):
            answer = shared.api("POST", path, {"url": refused, "enabled_events[]": "*"})
            assert (answer.status, answer.json()["error"]["code"]) == (400, "url_invalid")


@pytest.mark.parametrize("url", ["http://[::1/", "http://127.0.0.1:99999/", "http://:80/", "http://a b/", "http:///x",
                                 "ftp://127.0.0.1/", "file:///etc/passwd", "http://[1:2"])  # fmt: skip
def test_a_url_that_can_not_be_read_is_refused(shared: Running, url: str) -> None:
    answer = shared.api("POST", "/v1/webhook_endpoints", {"url": url, "enabled_events[]": "*"})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "url_invalid")


@pytest.mark.parametrize("host", ALLOWED)
def test_other_addresses_are_allowed(host: str) -> None:
    assert not is_refused(host)


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1"])
def test_names_are_checked_when_resolved(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    if address == "127.0.0.1":
        assert asyncio.run(resolve("innocent.example", 80)) == [address]
        return
    with pytest.raises(OSError, match="link-local or metadata"):
        asyncio.run(resolve("innocent.example", 80))


HOSTILE = """<!doctype html><script>
const target = "TARGET";
const tries = [
  () => fetch(target + "/v1/customers", {headers: {Authorization: "Bearer sk_test_x"}}).then(r => r.text()),
  () => fetch(target + "/_emulator/deliveries").then(r => r.text()),
  () => fetch(target + "/_emulator/reset", {method: "POST", mode: "no-cors", body: "{}"}),
  () => fetch(target + "/v1/webhook_endpoints", {method: "POST", mode: "no-cors",
    body: new URLSearchParams({url: "http://evil.test/", "enabled_events[]": "*"})}),
  () => new Promise((done, fail) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/v1/stripecli/subscribe");
    socket.onopen = () => done("open"); socket.onerror = fail; }),
];
async function attack() {
  const read = [];
  for (const one of tries) {
    try { const found = await one(); if (typeof found === "string") read.push(found); } catch {}
  }
  return read;
}
function post(path, fields) {
  const form = document.createElement("form");
  form.method = "POST";
  form.action = target.replace("http://", "http://sk_test_x:@") + path;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input"); input.name = name; input.value = value; form.append(input);
  }
  document.body.append(form); form.submit();
}
</script><body>hello</body>"""


@pytest.mark.e2e
def test_a_hostile_page_changes_and_reads_nothing(emulator: Running, receiver: Receiver) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(HOSTILE.replace("TARGET", emulator.url).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Log nothing."""

    session = emulator.session()
    before = json.dumps(emulator.api("GET", "/v1/webhook_endpoints").json())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for host in ("localhost", "127.0.0.1"):
                page = browser.new_page()
                page.goto(f"http://{host}:{server.server_port}/")
                assert page.evaluate("attack()") == []
                for path, fields in (
                    ("/v1/webhook_endpoints", {"url": "http://evil.test/", "enabled_events[]": "*"}),
                    ("/_emulator/actions/expire", {"id": session.id}),
                    (f"/c/pay/{session.id}/confirm", {"email": "a@b.test"}),
                    ("/_emulator/reset", {}),
                ):
                    page.goto(f"http://{host}:{server.server_port}/")
                    try:
                        with page.expect_navigation(timeout=5000):
                            page.evaluate("([path, fields]) => post(path, fields)", [path, fields])
                    except Error:
                        continue  # the browser itself blocked it
                    assert "not allowed" in page.content()
                # The emulator's own page works: the dashboard's button is a plain form.
                page.goto(f"{emulator.url}/_emulator/")
                page.close()
            page = browser.new_page()
            page.goto(f"{emulator.url}/_emulator/")
            with page.expect_navigation():
                page.get_by_role("button", name="Expire").click()
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    assert json.dumps(emulator.api("GET", "/v1/webhook_endpoints").json()) == before
    assert emulator.client().v1.checkout.sessions.retrieve(session.id).status == "expired", (
        "its own dashboard must work"
    )
