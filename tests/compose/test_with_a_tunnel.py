"""A token in .env gives a public URL; the shop follows it, and nothing else is reachable through it.

The programs and ngrok's cloud are stand-ins (standins/): the agent connects to connect.ngrok-agent.com as in reality.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
import urllib3
from playwright.sync_api import expect

from tests.compose.conftest import ARTIFACTS, open_browser
from tests.compose.engine import HOME
from tests.compose.images import NGROK
from tests.compose.stack import ComposeStack, eventually
from tests.e2e.buyer import PAYS, Buyer

TOKEN = "2tests_4bcdefghijklmnopqrstuvwxyz_5QXWq"
SETTINGS = {"NGROK_AUTHTOKEN": TOKEN, "COMPOSE_PROFILES": "cloudflared"}
REFUSED_LIVE_KEY = """
import os
from app.config.env import Environment
settings = {**os.environ, "COMPOSE_PROFILES": "", "KEY": "sk_" + "live_abcdefgh1234"}
try:
    Environment(settings).stripe_key("KEY", allow_live=True)
except Exception as refused:
    print(refused)
"""


class Tunnel:
    """ngrok's cloud as seen from the internet."""

    def __init__(self, stack: ComposeStack) -> None:
        self.stack = stack
        self.name = f"{stack.name}-edge"

    def start(self) -> None:
        run = ["run", "--detach", "--name", self.name, "--network", f"{self.stack.name}_default"]
        aliases = ["--network-alias", "connect.ngrok-agent.com", "--network-alias", "fixed.ngrok-free.app"]
        self.stack.engine.docker(*run, *aliases, "--entrypoint", "ngrok-edge", NGROK)

    def stop(self) -> None:
        self.stack.engine.docker("rm", "--force", self.name)

    @property
    def address(self) -> str:
        networks = json.loads(self.stack.engine.docker("inspect", self.name))[0]["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])

    @property
    def url(self) -> str:
        """The agent's public URL, read on the inspector's port."""
        port = self.stack.ports["NGROK_INSPECTOR_PORT"]
        try:
            answer = urllib3.request("GET", f"http://127.0.0.1:{port}/api/endpoints", retries=False)
        except urllib3.exceptions.HTTPError:
            return ""
        endpoints = answer.json()["endpoints"]
        return str(endpoints[0]["url"]) if endpoints else ""

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Send a GET request from the internet, to the public name."""
        host = urlsplit(self.url).hostname or ""
        pool = urllib3.HTTPSConnectionPool(self.address, 443, server_hostname=host, assert_hostname=host,
                                           ca_certs=str(HOME / "authority/authority.pem"))  # fmt: skip
        return pool.request("GET", path, headers={"Host": host} | headers)


def last_check(stack: ComposeStack, service: str = "ngrok") -> str:
    """What the service's health check said last."""
    return str(stack.inspect(service)["State"]["Health"]["Log"][-1]["Output"])


def says(stack: ComposeStack, service: str, text: str) -> bool:
    """Return whether the text is in the service's last health check and in its log."""
    return text in last_check(stack, service) and text in stack.logs(service)


@pytest.fixture(scope="module")
def tunnel(stack: ComposeStack) -> Iterator[Tunnel]:
    tunnel = Tunnel(stack)
    stack.set_env(**SETTINGS)
    stack.up()  # offline: no tunnel's servers can be reached
    for service, company in (("ngrok", "ngrok"), ("cloudflared", "Cloudflare")):
        eventually("it is named", partial(says, stack, service, f"{company} can't be reached"))
    tunnel.start()
    eventually("a public URL", lambda: tunnel.url)
    yield tunnel
    tunnel.stop()
    stack.compose("rm", "--stop", "--force", "cloudflared")  # as .env.example says
    stack.set_env()


def test_a_buyer_pays_through_the_tunnel(tunnel: Tunnel, stack: ComposeStack) -> None:
    url = tunnel.url
    host = urlsplit(url).hostname
    with open_browser(f"--host-resolver-rules=MAP {host} {tunnel.address}") as page:
        page.goto(url)
        expect(page.get_by_text("You are about to visit")).to_be_visible()  # ngrok's warning page on free domains
        page.set_extra_http_headers({"ngrok-skip-browser-warning": "1"})
        buyer = Buyer(page, url, ARTIFACTS)
        buyer.go_to_payment()
        assert page.url.startswith(f"{url}/c/pay/")
        buyer.pay_with(PAYS)
        order = buyer.arrive_back()
        assert page.url.startswith(f"{url}/return/")
        stack.await_paid(order)
        asked = page.evaluate("url => fetch(url).then(answer => answer.json())", f"{url}/api/orders/{order}/")
        assert asked["status"] == "paid"
        buyer.screenshot("tunnel-paid")
    assert f"ngrok: public URL: {url}" in stack.logs("ngrok")
    assert url in stack.logs("app")
    assert TOKEN not in stack.logs("ngrok")


def test_only_the_ngrok_container_has_the_token(tunnel: Tunnel, stack: ComposeStack) -> None:
    assert TOKEN in json.dumps(stack.inspect("ngrok")), "there it has to be"
    for service in ("app", "worker", "migrate", "db", "stripe-emulator", "stripe-cli"):
        assert TOKEN not in json.dumps(stack.inspect(service)), service
    for service in ("app", "worker"):
        assert TOKEN not in stack.execute(service, "sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'")
    # They still know that there is a tunnel, and by which setting.
    assert stack.execute("app", "python", "-c", REFUSED_LIVE_KEY).startswith("KEY is a live key, but NGROK_AUTHTOKEN")


def test_only_the_shop_is_reachable(tunnel: Tunnel) -> None:
    assert tunnel.get("/api/products/").status == 200
    for path in ("/admin/", "/admin/login/", "/console/", "/_emulator/health", "/v1/events", "/readyz"):
        assert tunnel.get(path).status == 404, path


def test_a_new_url_is_picked_up(tunnel: Tunnel, stack: ComposeStack) -> None:
    before = tunnel.url
    stack.compose("restart", "ngrok")
    after = eventually("a new URL", lambda: tunnel.url if tunnel.url not in ("", before) else "")
    eventually("the app accepts it", lambda: tunnel.get("/api/products/").status == 200)
    eventually("the app logs it", lambda: after in stack.logs("app"))


def test_a_fixed_url_is_requested(tunnel: Tunnel, stack: ComposeStack) -> None:
    stack.set_env(**SETTINGS, NGROK_URL="https://fixed.ngrok-free.app")
    stack.up()
    assert tunnel.url == "https://fixed.ngrok-free.app"
    stack.set_env(**SETTINGS)
    stack.up()


def test_a_lost_tunnel_is_named(tunnel: Tunnel, stack: ComposeStack) -> None:
    tunnel.stop()
    eventually("the health check says so", lambda: "ngrok can't be reached" in last_check(stack))
    assert stack.get("/").status == 200, "the shop must stay reachable on this network"
    tunnel.start()
    eventually("it is back", lambda: last_check(stack) == "")
    assert stack.health("ngrok") == "healthy"


def test_a_wrong_token_is_explained_once(tunnel: Tunnel, stack: ComposeStack) -> None:
    stack.set_env(**SETTINGS | {"NGROK_AUTHTOKEN": "wrong"})
    started = stack.run("docker", "compose", "up", "--wait")
    assert started.returncode != 0
    assert re.search(r"ngrok\S* is unhealthy", started.stderr)
    [line] = stack.logs("ngrok").splitlines()
    assert "ngrok rejected NGROK_AUTHTOKEN" in line
    assert re.search(r"https://dashboard\.ngrok\.com/\S+.*docker compose up -d", line)
    assert "ngrok rejected NGROK_AUTHTOKEN" in last_check(stack)
    assert stack.inspect("ngrok")["RestartCount"] == 0


def test_cloudflared_connects_as_soon_as_it_can(tunnel: Tunnel, stack: ComposeStack) -> None:
    before = stack.inspect("cloudflared")
    relay = ["--network-alias", "api.trycloudflare.com", "--entrypoint", "tls-relay", NGROK, "app", "8000"]
    cloud = stack.engine.docker("run", "--detach", "--network", f"{stack.name}_default", *relay)
    try:
        eventually("it has a tunnel", lambda: last_check(stack, "cloudflared") == "")
    finally:
        stack.engine.docker("rm", "--force", cloud)
    assert "cloudflared: public URL: https://four-random-words-here.trycloudflare.com\n" in stack.logs("cloudflared")
    assert stack.inspect("cloudflared")["RestartCount"] == before["RestartCount"] == 0
