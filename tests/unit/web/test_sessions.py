"""Only the admin uses sessions."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from pytest_django import Settings

from tests.support.front_door import FrontDoor, submit

LOGIN = "/admin/login/"

pytestmark = pytest.mark.django_db


def test_the_admin_logs_in_and_out() -> None:
    User.objects.create_superuser("boss", password="a long one")
    client = FrontDoor(headers={"Host": "localhost"})
    assert "/admin/login/" in client.get("/admin/")["Location"]
    assert client.post("/admin/login/", {"username": "boss", "password": "a long one"}).status_code == 403
    logged_in = submit(client, "/admin/login/?next=/admin/", {"username": "boss", "password": "a long one"})
    assert logged_in["Location"] == "/admin/"
    assert client.get("/admin/payments/order/").status_code == 200
    submit(client, "/admin/", {}, to="/admin/logout/")
    assert client.get("/admin/payments/order/").status_code == 302


def test_the_shop_and_api_set_no_session_cookie() -> None:
    client = FrontDoor(headers={"Host": "localhost"})
    for path in ("/api/products/", "/return/no-order/", "/healthz"):
        assert not client.get(path).cookies


class TestThrottling:
    """Passwords can't be guessed quickly, neither from one address nor for one user name."""

    @pytest.fixture(autouse=True)
    def _fresh(self, settings: Settings) -> Iterator[None]:
        settings.LOGINS_PER_MINUTE = 3
        # Django's default is slow on purpose; on a busy machine, the limit would recover meanwhile.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.WEB_WORKERS = 1
        cache.clear()
        yield
        cache.clear()

    def attempt(self, name: str = "boss", password: str = "wrong", *, peer: str = "127.0.0.1") -> Any:
        client = FrontDoor(REMOTE_ADDR=peer, headers={"Host": "localhost"})
        return submit(client, LOGIN, {"username": name, "password": password})

    def test_an_address_with_too_many_attempts_is_refused(self) -> None:
        User.objects.create_superuser("boss", password="a long one")
        assert [self.attempt(f"user{n}").status_code for n in range(4)] == [200, 200, 200, 429]
        refused = self.attempt("boss", "a long one")
        assert refused.status_code == 429, "even with the right password"
        assert 1 <= int(refused["Retry-After"]) <= 60
        assert refused["Content-Type"].startswith("text/html")
        assert "Too many login attempts" in refused.content.decode()
        assert self.attempt("boss", "a long one", peer="192.168.1.7").status_code == 302

    def test_a_name_is_limited_across_addresses(self) -> None:
        spellings = ["boss", "BOSS", " boss", "ｂoss", "Boss", "boss "]
        tried = [self.attempt(name, peer=f"192.168.1.{n}").status_code for n, name in enumerate(spellings)]
        assert tried == [200] * 6
        assert self.attempt(peer="192.168.1.99").status_code == 429
        assert self.attempt("someone else", peer="192.168.1.99").status_code == 200

    def test_one_address_does_not_lock_out_a_user(self) -> None:
        User.objects.create_superuser("boss", password="a long one")
        assert {self.attempt().status_code for _ in range(10)} == {200, 429}
        assert self.attempt("boss", "a long one", peer="192.168.1.7").status_code == 302

    def test_opening_the_form_is_not_an_attempt(self) -> None:
        client = FrontDoor(headers={"Host": "localhost"})
        assert {client.get(LOGIN).status_code for _ in range(10)} == {200}

    def test_zero_means_no_limit(self, settings: Settings) -> None:
        settings.LOGINS_PER_MINUTE = 0
        assert {self.attempt().status_code for _ in range(10)} == {200}
