"""Which Host headers are believed."""

import pytest
from django.test import Client
from pytest_django import Settings

from app.devstack.hosts import is_allowed_host

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
STRANGERS = ["evil.example", "8.8.8.8", "localhost.evil.example", "", "a b", "evil.example:8000", "[::1].evil.example"]


@pytest.mark.parametrize("host", LOCAL)
def test_names_that_only_exist_in_this_network_are_believed(host: str) -> None:
    assert is_allowed_host(host)


@pytest.mark.parametrize("host", STRANGERS)
def test_names_that_a_stranger_could_own_are_not(host: str) -> None:
    assert not is_allowed_host(host)


def test_the_public_name_and_listed_names_are_believed(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.EXTRA_HOSTS = "https://pay.example.com", ["shop.example.org"]
    assert is_allowed_host("pay.example.com")
    assert is_allowed_host("shop.example.org:443")
    assert not is_allowed_host("other.example.com")


def test_a_stranger_is_told_which_setting_would_help(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"PUBLIC_URL" in answer.content
