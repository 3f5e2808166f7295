"""The shop's footer links what runs here, for a developer on this PC alone."""

import re

import pytest
from pytest_django import Settings

from app.devstack import shop_footer
from tests.support.front_door import FrontDoor

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

HERE = {"Host": "localhost:8000"}
TUNNEL = {"Host": "shop.ngrok-free.app", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


def footer(headers: dict[str, str] = HERE, peer: str = "127.0.0.1", path: str = "/") -> dict[str, str]:
    """The links in the page's footer, by their name."""
    page = FrontDoor(REMOTE_ADDR=peer).get(path, headers=headers).content.decode()
    found = re.search(r'<nav class="developer".*?</nav>', page, re.S)
    return {name: url for url, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', found[0])} if found else {}


def test_on_this_pc_it_links_every_tool(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_EMULATOR_URL = "", "http://127.0.0.1:23456"
    assert footer() == {
        "Console": "/console/",
        "Admin": "/admin/",
        "API": "/api/docs",
        "Local Stripe": "http://127.0.0.1:23456/_emulator/",
    }
    assert [FrontDoor().get(url, headers=HERE).status_code for url in ("/console/", "/api/docs")] == [200, 200]


def test_in_docker_it_links_the_published_port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STRIPE_SECRET_KEY, settings.EMULATOR_PORT = "", 12345
    monkeypatch.setattr(shop_footer, "in_container", lambda: True)
    assert footer()["Local Stripe"] == "http://localhost:12345/_emulator/"


def test_with_a_key_there_is_no_local_stripe(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1234"
    assert footer().keys() == {"Console", "Admin", "API"}


@pytest.mark.parametrize("path", ["/", "/nowhere", "/return/00000000-0000-4000-8000-000000000000/"])
@pytest.mark.parametrize(
    ("headers", "peer"),
    [
        (TUNNEL, "127.0.0.1"),
        (HERE | {"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
        ({"Host": "192.168.1.20:8000"}, "192.168.1.7"),
        (HERE, "192.168.1.7"),
        ({"Host": "mypc.local:8000"}, "127.0.0.1"),
        (HERE, "8.8.8.8"),
    ],
)
def test_nobody_else_sees_it(path: str, headers: dict[str, str], peer: str, settings: Settings) -> None:
    settings.EXTRA_HOSTS = [TUNNEL["Host"]]
    assert footer(path=path), "this PC does"
    assert footer(headers, peer, path) == {}


@pytest.mark.parametrize("change", [{"PUBLIC_URL": "https://pay.example.com"}, {"STRIPE_SECRET_KEY": "sk_live_1234"}])
def test_in_production_it_needs_the_console(settings: Settings, change: dict[str, str]) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert footer() == {}
    settings.CONSOLE = True
    assert "Console" in footer()
