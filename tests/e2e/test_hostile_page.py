"""A hostile page on another origin, in a browser on the developer's PC, changes and reads nothing on any of our ports.

The page resolves names of its own to this PC (DNS rebinding), and the browser's own protection of local servers is off.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from playwright.sync_api import Browser, BrowserContext, Page

from app.config.running import running
from tests.e2e.unprotected import FILES, Unprotected
from tests.support.browser import FLAGS, find_chromium
from tests.support.checkout import copy_code
from tests.support.listening import listeners
from tests.support.stack import Stack
from tests.support.waiting import until
from tests.system.scripts import shop
from tests.system.scripts.processes import pids_of
from tests.unit.test_endpoints import EXAMPLES

SCRIPT = (Path(__file__).parent / "hostile.js").read_text()
PAGE = f"<!doctype html><title>Kittens</title><body><script>{SCRIPT}</script>"
STANDINS = Path(__file__).resolve().parents[1] / "system" / "scripts" / "standins"
# The last is this PC's name on its network: to a name that is neither https nor localhost, a browser sends less.
EVIL, REBOUND, THIS_PC = "evil.test", "rebound.test", "this-pc"
HOSTILE_FLAGS = (
    *FLAGS,
    "--host-resolver-rules=" + ", ".join(f"MAP {name} 127.0.0.1" for name in (EVIL, REBOUND, THIS_PC)),
    # Not every browser has these.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)
ENV_FILE = """\
FRONTEND_ORIGINS=https://shop.example
NGROK_AUTHTOKEN=2abcDEF_standin
SWEEP_INTERVAL=86400
CHECKOUTS_PER_MINUTE=0
STATUS_CALLS_PER_MINUTE=0
LOGINS_PER_MINUTE=0
"""
# Those of tests/unit/test_endpoints.py, which a new address needs; the payment page's and a file of it.
APP_PATHS = sorted({example.path for example in EXAMPLES.values()} | {"/static/storefront/icon.svg"})
PAYMENT_PATHS = ["/c/pay/SESSION", "/c/pay/SESSION/confirm", "/c/pay/SESSION/authenticate", "/c/pay/assets/icon.svg"]
SOCKET = "/v1/stripecli/subscribe?websocket_feature=webhooks"
EMULATOR_PATHS = [
    "/",
    "/_emulator/",
    *(f"/_emulator/{name}" for name in ("clock", "deliveries", "faults", "health", "requests", "reset", "supported")),
    *(f"/_emulator/actions/{name}" for name in ("advance", "dispute", "expire", "fault", "refund", "resend")),
    "/v1/account",
    "/v1/checkout/sessions",
    "/v1/checkout/sessions/SESSION/expire",
    "/v1/customers",
    "/v1/events",
    "/v1/refunds",
    "/v1/stripecli/sessions",
    SOCKET,
    "/v1/webhook_endpoints",
]
AGENT_PATHS = ["/", "/api/endpoints", "/api/tunnels"]

http = urllib3.PoolManager(retries=False)


@dataclass(frozen=True)
class Target:
    """A port of ours, what there is to attack on it, and what a request needs to do harm."""

    port: int
    paths: Sequence[str]
    fields: dict[str, str]
    socket: str = "/"  # where it might open a web socket
    timeout: int = 5000  # ms, for each attempt


class Victim:
    """A developer's PC: the running stack, with a paid order and one that is not paid yet."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        paid = shop.check_out(stack)
        shop.pay(stack.emulator_url, stack, paid)
        shop.await_status(stack, paid, "paid")
        self.unpaid = shop.check_out(stack)
        self.session = urlsplit(self.unpaid["checkout_url"]).path.rpartition("/")[2]
        event = stack.manage("shell", "--command", "print(StripeEvent.objects.earliest('pk').pk)").split()[-1]
        self._known = {"ORDER": paid["order_id"], "EVENT": event, "SESSION": self.session}
        until(lambda: "ngrok" in running(stack.data_dir), "the tunnel's agent runs")
        agent = urlsplit(running(stack.data_dir)["ngrok"].api).port
        assert agent
        self.app = self._target(stack.port, [*APP_PATHS, *PAYMENT_PATHS])
        self.emulator = self._target(stack.emulator_port, [*EMULATOR_PATHS, *PAYMENT_PATHS], SOCKET)
        self.agent = self._target(agent, AGENT_PATHS)
        until(self._is_quiet, "every event is delivered and the paid order is fulfilled")

    def _target(self, port: int, paths: Sequence[str], socket: str = "/") -> Target:
        for name, value in self._known.items():
            paths = [path.replace(name, value) for path in paths]
        return Target(port, paths, HARMFUL | {"id": self.session}, socket)

    def _is_quiet(self) -> bool:
        pending = http.request("GET", f"{self.stack.emulator_url}/_emulator/deliveries?state=pending").json()["data"]
        waiting = "print('waiting:', Fulfillment.objects.exclude(status='done').count())"
        return not pending and "waiting: 0" in self.stack.manage("shell", "--command", waiting)

    def rows(self, file: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table in a database of the stack, which may be one that is locked."""
        with tempfile.TemporaryDirectory() as copies:
            for part in (file, f"{file}-wal"):
                shutil.copy(self.stack.data_dir / part, copies)
            with closing(sqlite3.connect(Path(copies, file))) as database:
                names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names)}

    def state(self) -> dict[str, Any]:
        """Return everything that a page could want to change."""
        control = f"{self.stack.emulator_url}/_emulator"
        clock = http.request("GET", f"{control}/clock").json()["offset"]
        faults = http.request("GET", f"{control}/faults").json()["data"]
        files = [self.stack.root / ".env", *(self.stack.data_dir / name for name in ("secret_key", "webhook_secret"))]
        return {
            **{f"app: {name}": rows for name, rows in self.rows("db.sqlite3").items()},
            **{f"emulator: {name}": rows for name, rows in self.rows("stripe_emulator.db").items()},
            **{file.name: file.read_bytes() for file in files},
            "emulator's clock and faults": (clock, faults),
            "processes": self.stack.processes,
            "tunnels": running(self.stack.data_dir),
            "refused webhooks": (self.stack.data_dir / "webhook_refused.json").exists(),
        }


# What the endpoints above would need, in one form.
HARMFUL = {
    "url": "http://evil.test/",
    "enabled_events[]": "*",
    "kind": "slow",
    "name": "slow",
    "advance": "86400",
    "seconds": "86400",
    "device_name": "laptop",
    "websocket_features[]": "webhooks",
    "username": "admin",
    "password": "admin",
    "quantity-default": "1",
    "email": "ada@example.com",
    "card-number": "4242424242424242",
    "card-expiry": "12 / 34",
    "card-cvc": "123",
    "card-name": "Ada Lovelace",
}


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    root = copy_code(tmp_path_factory.mktemp("victim") / "code")
    (root / ".env").write_text(ENV_FILE)
    env = {"PATH": f"{STANDINS}{os.pathsep}{os.environ['PATH']}"}
    with Stack(root=root, env=env) as stack:
        yield Victim(stack)


@pytest.fixture(scope="module")
def attacker() -> Iterator[int]:
    """The port of the server with the hostile page; at /sandboxed, the page's origin is `null`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            if self.path == "/sandboxed":
                self.send_header("Content-Security-Policy", "sandbox allow-scripts allow-forms")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def hostile_context(browser: Browser) -> Iterator[BrowserContext]:
    launched = browser.browser_type.launch(executable_path=find_chromium(), args=HOSTILE_FLAGS)
    yield launched.new_context()
    launched.close()


@pytest.fixture
def hostile(hostile_context: BrowserContext) -> Iterator[Page]:
    page = hostile_context.new_page()
    yield page
    page.close()


def attack(page: Page, address: str, server: str, target: Target) -> list[Any]:
    """Open the hostile page at `address`, let it attack `server`, and return what it could read."""
    page.goto(address)
    arguments = [server, target.paths, target.socket, target.fields, target.timeout]
    found: list[Any] = page.evaluate("arguments => attack(...arguments)", arguments)
    return [(address, server, *each) for each in found]


def attack_from_outside(page: Page, attacker: int, target: Target) -> list[Any]:
    """Attack from another site, from another port of this PC, and with `Origin: null`."""
    return [
        *attack(page, f"http://{EVIL}:{attacker}/", f"http://localhost:{target.port}", target),
        *attack(page, f"http://{EVIL}:{attacker}/", f"http://{THIS_PC}:{target.port}", target),
        *attack(page, f"http://localhost:{attacker}/", f"http://localhost:{target.port}", target),
        *attack(page, f"http://{EVIL}:{attacker}/sandboxed", f"http://127.0.0.1:{target.port}", target),
    ]


def attack_by_rebinding(page: Page, target: Target) -> list[Any]:
    """Attack from a name of the attacker's that now leads to this PC: to the browser, it is the same origin."""
    # In a tab of its own: where requests are routed, Playwright itself grants preflights.
    tab = page.context.new_page()
    try:
        own = f"http://{REBOUND}:{target.port}"
        tab.route(f"{own}/kittens", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        return attack(tab, f"{own}/kittens", own, target)
    finally:
        tab.close()


def submit_form(page: Page, attacker: int, address: str, fields: dict[str, str]) -> None:
    """Submit a form to `address`, as a link that somebody clicks does."""
    page.goto(f"http://{EVIL}:{attacker}/")
    with page.expect_navigation(wait_until="commit"):
        page.evaluate("([address, fields]) => submitForm(address, fields)", [address, fields])


def test_every_listening_port_is_attacked(victim: Victim) -> None:
    listening = {port for _, port in listeners(pids_of(victim.stack))}
    assert listening == {target.port for target in (victim.app, victim.emulator, victim.agent)}


def test_hostile_page_changes_and_reads_nothing(victim: Victim, attacker: int, hostile: Page) -> None:
    before = victim.state()
    for target in (victim.app, victim.emulator):
        assert attack_from_outside(hostile, attacker, target) == []
        assert attack_by_rebinding(hostile, target) == []
    assert victim.state() == before


def test_hostile_form_in_a_tab_changes_nothing(victim: Victim, attacker: int, hostile: Page) -> None:
    before = victim.state()
    for path in victim.app.paths:
        submit_form(hostile, attacker, f"http://localhost:{victim.app.port}{path}", victim.app.fields)
    for path in victim.emulator.paths:
        # It takes a key as the user name.
        address = f"http://sk_test_hostile:@localhost:{victim.emulator.port}{path}"
        submit_form(hostile, attacker, address, victim.emulator.fields)
    assert victim.state() == before


def test_hostile_page_changes_nothing_through_the_tunnels_agent(victim: Victim, attacker: int, hostile: Page) -> None:
    before = victim.state()
    attack_from_outside(hostile, attacker, victim.agent)  # what a page reads there is up to ngrok
    attack_by_rebinding(hostile, victim.agent)
    assert victim.state() == before


def test_same_page_reads_and_changes_an_unprotected_server(attacker: int, hostile: Page) -> None:
    forms = {("POST", kind) for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")}
    json = {(method, "application/json") for method in ("POST", "PUT", "PATCH", "DELETE")}
    readable = {"fetch", "fetch with cookies", "fetch with a key", "image", "script", "style sheet", "event source",
                "web socket", "web socket stripecli-devproxy-v1", "POST urlencoded", "POST multipart", "POST text",
                "POST json", "PUT json", "PATCH json", "DELETE json"}  # fmt: skip
    with Unprotected() as unprotected:
        target = Target(unprotected.port, list(FILES), HARMFUL, timeout=30_000)
        found = attack_from_outside(hostile, attacker, target)
        for pair in {tuple(each[:2]) for each in found}:
            assert {way for *origin, way, _, _ in found if tuple(origin) == pair} >= readable, pair
        assert len({tuple(each[:2]) for each in found}) == 4
        assert unprotected.changes == forms | json
        ways = {way for _, _, way, _, _ in attack_by_rebinding(hostile, target)}
        assert ways >= readable | {"opaque fetch", "frame", "form"}
        unprotected.changes.clear()
        submit_form(hostile, attacker, f"http://sk_test_hostile:@localhost:{unprotected.port}/", HARMFUL)
        assert unprotected.changes == {("POST", "application/x-www-form-urlencoded")}


def test_what_the_page_sent_would_have_paid(victim: Victim) -> None:
    fields = victim.app.fields
    address = f"{victim.stack.url}/c/pay/{victim.session}/confirm"
    paid = http.request("POST", address, fields=fields, encode_multipart=False, redirect=False)
    assert paid.status < 400
    shop.await_status(victim.stack, victim.unpaid, "paid")
