"""Which Host headers are allowed."""

import io
import re
import zipfile

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from app.config.env import Environment
from app.web.hosts import is_allowed_host
from tests.support.front_door import FrontDoor
from tests.unit.web.test_public_url import Agent, agent

__all__ = ["agent"]  # a fixture
pytestmark = pytest.mark.quick

LOCAL = [
    "localhost",
    "localhost:8000",
    "127.0.0.1:8000",
    "[::1]:8000",
    "192.168.1.20:8000",
    "10.0.0.5",
    "mypc",
    "mypc.local",
]
PUBLIC = ["evil.example", "8.8.8.8", "localhost.evil.example", "", "a b", "evil.example:8000", "[::1].evil.example"]
# To a browser, each is 8.8.8.8.
PUBLIC += ["134744072", "0x08080808", "0X8080808", "[::ffff:8.8.8.8]"]


@pytest.mark.parametrize("host", LOCAL)
def test_local_names_are_allowed(host: str) -> None:
    assert is_allowed_host(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_public_names_are_refused(host: str) -> None:
    assert not is_allowed_host(host)


def test_the_public_name_and_listed_names_are_allowed(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.EXTRA_HOSTS = "https://pay.example.com", ["shop.example.org"]
    assert is_allowed_host("pay.example.com")
    assert is_allowed_host("shop.example.org:443")
    assert not is_allowed_host("other.example.com")


@pytest.mark.parametrize(
    ("listed", "allowed", "refused"),
    [
        (".example.com", ["example.com", "a.example.com", "a.b.example.com:8000", "A.EXAMPLE.COM"], ["badexample.com"]),
        ("Shop.Example.COM", ["shop.example.com", "SHOP.example.com:443", "shop.example.com."], ["a.shop.example.com"]),
        ("bücher.example", ["xn--bcher-kva.example"], ["bucher.example"]),
        (".Bücher.example", ["a.xn--bcher-kva.example"], []),
        ("8.8.4.4, 2001:4860::1", ["8.8.4.4:8000", "[2001:4860::1]:8000"], ["8.8.8.8"]),
        ("[2001:4860::1]", ["[2001:4860::1]"], ["[2001:4860::2]"]),
    ],
)
def test_listed_names_match_in_any_spelling(
    settings: Settings, listed: str, allowed: list[str], refused: list[str]
) -> None:
    settings.EXTRA_HOSTS = Environment({"ALLOWED_HOSTS": listed}).hosts("ALLOWED_HOSTS")
    assert [host for host in allowed if not is_allowed_host(host)] == []
    assert [host for host in refused if is_allowed_host(host)] == []


@pytest.mark.parametrize(
    ("item", "remedy"),
    [
        ("*", "use the names that you own"),
        ("https://shop.example", "use only the name"),
        ("shop.example:8000", "use only the name"),
        ("shop.example/path", "use only the name"),
        ("*.shop.example", "use only the name, like shop.example or .shop.example"),
        ("shop..example", "use only the name"),
        ("..shop.example", "use only the name"),
        (".", "use only the name"),
        ("shop example", "use only the name"),
    ],
)
def test_a_listed_name_that_can_not_match_is_refused(item: str, remedy: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS contains") as refused:
        Environment({"ALLOWED_HOSTS": f"good.example,{item}"}).hosts("ALLOWED_HOSTS")
    assert repr(item) in str(refused.value)
    assert remedy in str(refused.value)


def test_a_refusal_names_the_setting(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"PUBLIC_URL" in answer.content


def test_a_frontend_can_read_the_refusal(client: Client) -> None:
    headers = {"Host": "evil.example", "Origin": "http://localhost:5500"}
    answer = client.get("/api/products/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "host_not_allowed")
    assert answer["Access-Control-Allow-Origin"] == "*"
    asked = {"Access-Control-Request-Method": "POST"}
    assert client.options("/api/checkout/", headers=headers | asked).status_code == 200


class TestATunnelThatRewritesTheHost:
    """`ngrok http --host-header=rewrite`: Host is this machine's name, and the public name is forwarded."""

    NAME = "shop.ngrok-free.app"

    @pytest.fixture(autouse=True)
    def _public(self, agent: Agent, settings: Settings) -> None:
        settings.NGROK_API_URL = agent.url
        agent.answers["/api/endpoints"] = {"endpoints": [{"url": f"https://{self.NAME}"}]}

    def address_filled_in(self, name: str, peer: str = "127.0.0.1") -> str:
        headers = {"Host": "localhost:8000", "X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
        answer = FrontDoor(REMOTE_ADDR=peer).get("/frontend.zip", headers=headers)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            found = re.search(r'id="api" value="([^"]*)"', archive.read("frontend/index.html").decode())
        assert found
        return found[1]

    def test_links_use_the_public_name(self) -> None:
        assert self.address_filled_in(self.NAME) == f"https://{self.NAME}"

    def test_other_names_and_peers_are_not_trusted(self) -> None:
        for name, peer in (("evil.example", "127.0.0.1"), (self.NAME, "192.168.1.7"), ("", "127.0.0.1")):
            assert "localhost:8000" in self.address_filled_in(name, peer)
