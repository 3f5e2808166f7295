"""Which addresses can be reached from where, with real headers and peers."""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from app.config import machine
from app.payments.api.catalog import ensure_default_product
from app.web import gate, proxies
from app.web.throttling import checkouts
from tests.support.front_door import FrontDoor

PUBLIC = "shop.ngrok-free.app"
# As sent by ngrok and cloudflared.
NGROK = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": PUBLIC, "X-Forwarded-Proto": "https"}
CLOUDFLARED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Cf-Connecting-Ip": "203.0.113.9"}
CLOSED = [
    "/admin/",
    "/admin",
    "/admin/login/",
    "/console/",
    "/console",
    "/readyz",
    "/nowhere",
    "/x/../admin/",
    "/ADMIN/",
]
SHOP = ["/", "/api/products/", "/api/docs", "/api/openapi.json", "/healthz", "/static/storefront/storefront.css"]

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@pytest.fixture(autouse=True)
def _public_url(settings: Settings) -> None:
    # The agent provides the URL; PUBLIC_URL would also close the console, which has its own test.
    settings.PUBLIC_URL = ""


def get(path: str, host: str = "localhost:8000", peer: str = "127.0.0.1", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FrontDoor(REMOTE_ADDR=peer).get(path, headers={"Host": host} | named).status_code


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("headers", [NGROK, CLOUDFLARED])
def test_closed_addresses_do_not_exist_through_the_tunnel(
    path: str, headers: dict[str, str], settings: Settings
) -> None:
    settings.EXTRA_HOSTS = [PUBLIC]
    unknown = FrontDoor().get("/no/such/page", headers={"Host": PUBLIC} | headers)
    closed = FrontDoor().get(path, headers={"Host": PUBLIC} | headers)
    assert closed.status_code == unknown.status_code == 404
    assert closed.content == unknown.content, "the response must not reveal that the address exists"
    assert closed.headers == unknown.headers


@pytest.mark.parametrize("path", SHOP)
def test_the_shop_is_reachable_through_the_tunnel(path: str, settings: Settings) -> None:
    settings.EXTRA_HOSTS = [PUBLIC]
    assert FrontDoor().get(path, headers={"Host": PUBLIC} | NGROK).status_code == 200


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "192.168.1.20:8000", "app:8000"])
@pytest.mark.parametrize(
    "header", ["X_Forwarded_For", "X_Forwarded_Host", "Forwarded", "Via", "Cf_Ray", "Ngrok_Trace_Id", "X_Real_Ip"]
)
def test_any_forwarding_header_counts_as_outside(host: str, header: str) -> None:
    assert get("/admin/login/", host, **{header: "anything"}) == 404
    assert get("/console/", host, **{header: "anything"}) == 404


def test_the_public_name_counts_as_outside(settings: Settings) -> None:
    settings.EXTRA_HOSTS = [PUBLIC]
    assert get("/admin/login/", PUBLIC) == 404


def test_a_local_name_as_public_url_counts_as_outside(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.CONSOLE = "http://gateway.internal", True
    assert get("/admin/login/", "gateway.internal") == 404
    assert get("/admin/login/", "localhost") == 200


# Requests of a reverse proxy that sends the upstream's name and no header (nginx's default), from the same machine,
# the container's host, another container, and another PC.
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "172.18.0.1", "172.18.0.9", "192.168.1.9"])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "app:8000", "192.168.1.20:8000"])
def test_a_proxy_without_headers_opens_nothing(
    host: str, peer: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "container_gateway", lambda: "172.18.0.1")
    settings.PUBLIC_URL, settings.TRUSTED_PROXIES = "https://pay.example.com", [ipaddress.ip_network("127.0.0.1")]
    assert [path for path in CLOSED if path != "/readyz" and get(path, host, peer) != 404] == []
    assert {get(path, host, peer) for path in SHOP} == {200}


# A cluster's NodePort or routing mesh replaces the client's address by the node's, and any client can forge the Host.
@pytest.mark.parametrize("peer", ["127.0.0.1", "172.18.0.1", "10.0.0.3"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "app:8000"])
def test_a_cluster_that_hides_the_client_opens_nothing(
    host: str, peer: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "container_gateway", lambda: "172.18.0.1")
    settings.DIRECT_ACCESS = False
    assert [path for path in CLOSED if path != "/readyz" and get(path, host, peer) != 404] == []
    assert {get(path, host, peer) for path in SHOP} == {200}
    settings.CONSOLE = True
    assert get("/admin/login/", host, peer) == 200


@pytest.mark.parametrize("secrets", [["whsec_of_this_test"], []])
def test_readiness_has_no_details_with_a_public_url(secrets: list[str], settings: Settings, tmp_path: Path) -> None:
    settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_WEBHOOK_SECRET_FILE = secrets, tmp_path / "none"
    missing = [] if secrets else ["webhook_secret"]
    status, word = (200, "ready") if secrets else (503, "not ready")

    def asked(**headers: str) -> Any:
        return FrontDoor().get("/readyz", headers=headers)

    assert (asked().status_code, asked().json()) == (status, {"status": word, "missing": missing})
    settings.PUBLIC_URL = "https://pay.example.com"
    # scripts/probe, the doctor and curl on this PC send no Host, or this PC's.
    for headers in ({}, {"Host": "localhost:8000"}, {"Host": "127.0.0.1:8000"}):
        assert (asked(**headers).status_code, asked(**headers).json()) == (status, {"status": word})
    assert asked(Host="pay.example.com").status_code == 404
    assert asked(**{"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.CONSOLE = True
    assert asked().json()["missing"] == missing


@pytest.mark.parametrize("peer", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "", "garbage"])
def test_a_public_peer_with_a_local_host_is_outside(peer: str) -> None:
    assert get("/admin/login/", "localhost:8000", peer) == 404
    assert get("/", "localhost:8000", peer) == 200


@pytest.mark.parametrize("peer", ["192.168.1.7", "10.1.2.3", "172.17.0.9", "fe80::1", "fd00::7", "::ffff:192.168.1.7"])
def test_the_network_reaches_the_admin_but_not_the_console(peer: str) -> None:
    for host in ("192.168.1.20:8000", "mypc.local:8000", "localhost:8000"):
        assert get("/admin/login/", host, peer) == 200
        assert get("/console/", host, peer) == 404


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "shop.localhost"])
def test_this_pc_reaches_everything(host: str) -> None:
    for path in ("/admin/login/", "/console/"):
        assert get(path, host) == 200
    assert get("/readyz", host) in (200, 503)


def test_another_local_name_does_not_reach_the_console() -> None:
    assert get("/console/", "mypc:8000") == 404


def test_ngroks_skip_header_does_not_count_as_outside() -> None:
    assert get("/admin/login/", ngrok_skip_browser_warning="1") == 200


def test_the_containers_host_counts_as_this_pc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "container_gateway", lambda: "172.18.0.1")
    assert get("/console/", "localhost:8000", "172.18.0.1") == 200
    assert get("/console/", "localhost:8000", "172.18.0.7") == 404
    assert get("/console/", "192.168.1.20:8000", "172.18.0.1") == 404


def test_the_gateway_is_read_from_the_routing_table() -> None:
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
    lan = "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n"
    assert machine.gateway_in(f"{head}{lan}eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\n") == "172.18.0.1"
    assert machine.gateway_in(head + lan) == ""


def test_public_admin_opens_only_the_admin(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.PUBLIC_ADMIN = f"https://{PUBLIC}", True
    assert get("/admin/login/", PUBLIC) == 200
    assert get("/console/", PUBLIC) == 404
    assert get("/readyz", PUBLIC) == 404


@pytest.mark.parametrize("change", [{"PUBLIC_URL": "https://pay.example.com"}, {"STRIPE_SECRET_KEY": "sk_live_1234"}])
def test_a_live_installation_has_no_console_by_default(settings: Settings, change: dict[str, str]) -> None:
    # Behind a proxy on the same machine without forwarding headers, everyone would look like this PC.
    for name, value in change.items():
        setattr(settings, name, value)
    assert get("/console/") == 404
    settings.CONSOLE = True
    assert get("/console/") == 200
    assert get("/console/", "pay.example.com") in (400, 404)


def test_debug_pages_are_not_shown_outside(settings: Settings) -> None:
    settings.DEBUG, settings.EXTRA_HOSTS = True, [PUBLIC]
    for path in ("/no/such/page", "/return/not-an-order/", "/admin/"):
        answer = FrontDoor().get(path, headers={"Host": PUBLIC} | NGROK)
        assert (answer.status_code, b"URLconf" in answer.content) == (404, False)
    assert b"URLconf" in FrontDoor().get("/no/such/page", headers={"Host": "localhost"}).content


def test_https_ends_at_the_tunnel(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.PUBLIC_ADMIN = f"https://{PUBLIC}", True
    client = FrontDoor()
    headers = {"Host": PUBLIC, "Origin": f"https://{PUBLIC}"} | NGROK
    cookie = client.get("/admin/login/", headers=headers).cookies["csrftoken"]
    assert cookie["secure"], "it must never travel in the clear"
    token = cookie.value
    form = {"username": "unknown", "password": "wrong", "csrfmiddlewaretoken": token}
    assert client.post("/admin/login/", form, headers=headers).status_code == 200
    assert not FrontDoor().get("/admin/login/", headers={"Host": "localhost"}).cookies["csrftoken"]["secure"]


@pytest.mark.parametrize(("peer", "trusted"), [("127.0.0.1", True), ("192.168.1.7", False)])
def test_only_the_tunnel_is_trusted_about_https(peer: str, trusted: bool, settings: Settings) -> None:
    settings.EXTRA_HOSTS = [PUBLIC]
    answer = FrontDoor(REMOTE_ADDR=peer).get("/", headers={"Host": PUBLIC} | NGROK)
    assert ("Strict-Transport-Security" in answer) is trusted


class TestClientAddress:
    """Rate limits count clients, not tunnels."""

    @pytest.fixture(autouse=True)
    def _fresh(self, settings: Settings) -> Iterator[None]:
        settings.STATUS_CALLS_PER_MINUTE, settings.WEB_WORKERS = 2, 1
        settings.EXTRA_HOSTS = [PUBLIC]
        cache.clear()
        yield
        cache.clear()

    def ask(self, forwarded_for: str = "", peer: str = "127.0.0.1") -> int:
        headers = {"Host": PUBLIC} | ({"X-Forwarded-For": forwarded_for} if forwarded_for else {})
        path = "/api/orders/00000000-0000-0000-0000-000000000000/"
        return FrontDoor(REMOTE_ADDR=peer).get(path, headers=headers).status_code

    def test_each_client_behind_the_tunnel_has_its_own_limit(self) -> None:
        assert [self.ask("203.0.113.1") for _ in range(3)] == [404, 404, 429]
        assert self.ask("203.0.113.2") == 404

    def test_a_clients_own_forwarded_for_is_ignored(self) -> None:
        # The tunnel appends the address that it saw.
        assert [self.ask(f"10.9.9.{n}, 203.0.113.1") for n in range(3)] == [404, 404, 429]

    def test_forwarded_for_is_ignored_without_the_tunnel(self) -> None:
        assert [self.ask(f"203.0.113.{n}", peer="192.168.1.7") for n in range(3)] == [404, 404, 429]

    def test_a_listed_proxy_is_trusted(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = [ipaddress.ip_network("192.168.1.0/24")]
        assert [self.ask(f"203.0.113.{n}", peer="192.168.1.7") for n in range(3)] == [404, 404, 404]

    def test_the_tunnels_container_is_trusted_by_name(self, settings: Settings) -> None:
        own = socket.gethostbyname(socket.gethostname())
        settings.NGROK_API_URL = f"http://{socket.gethostname()}:4040"
        assert proxies.is_trusted_proxy(own)
        assert not proxies.is_trusted_proxy("192.168.77.77")

    def test_an_ipv6_network_is_one_client(self) -> None:
        assert [self.ask(f"2001:db8::{n}") for n in range(3)] == [404, 404, 429]
        assert self.ask("2001:db8:0:1::1") == 404

    def test_an_invalid_forwarded_for_counts_as_the_tunnel(self) -> None:
        assert [self.ask(text) for text in ("nonsense", "203.0.113.1, ", "<script>")] == [404, 404, 429]


class TestTooManyRequests:
    """Responses above the rate limit."""

    @pytest.fixture(autouse=True)
    def _fresh(self, settings: Settings) -> Iterator[None]:
        settings.CHECKOUTS_PER_MINUTE, settings.WEB_WORKERS = 1, 1
        cache.clear()
        yield
        cache.clear()

    def test_the_api_returns_retry_after(self, client: Client) -> None:
        client.post("/api/checkout/", "{", content_type="application/json")
        answer = client.post("/api/checkout/")
        assert answer.status_code == 429
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "too_many_requests"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    def test_the_shops_form_has_the_same_limit(self, client: Client) -> None:
        ensure_default_product()
        client.post("/", {})
        answer = client.post("/", {})
        assert answer.status_code == 429
        assert "Too many attempts" in answer.content.decode()

    def test_the_limit_recovers_with_time(self) -> None:
        limit = type(checkouts)("CHECKOUTS_PER_MINUTE")
        assert limit.seconds_to_wait("a") == 0
        assert 59 < limit.seconds_to_wait("a") <= 60

    def test_zero_means_no_limit(self, settings: Settings) -> None:
        settings.CHECKOUTS_PER_MINUTE = 0
        assert not any(checkouts.seconds_to_wait("a") for _ in range(1000))
