"""Behind nginx's default, which sends the upstream's name as Host and no header: PUBLIC_URL says where we are."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe
import urllib3

from tests.support.emulator import KEY
from tests.support.front_door import TOKEN
from tests.support.nginx import Nginx
from tests.support.stack import Stack

PUBLIC_URL = "https://pay.example.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """An installation for real that opens its admin to the outside."""
    with Stack(env={"PUBLIC_URL": PUBLIC_URL, "PUBLIC_ADMIN": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[str]:
    """Where nginx answers."""
    with Nginx(f"http://127.0.0.1:{stack.port}") as running:
        yield running.url


def ask(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, url, redirect=False, retries=False, timeout=30, **options)


def test_links_of_a_checkout_use_the_public_url(proxy: str, stack: Stack) -> None:
    made = ask("POST", f"{proxy}/api/checkout/").json()
    assert made["checkout_url"].startswith(f"{PUBLIC_URL}/c/pay/")
    assert made["status_url"] == f"{PUBLIC_URL}/api/orders/{made['order_id']}/"
    client = stripe.StripeClient(KEY, base_addresses={"api": stack.emulator_url})
    session = client.v1.checkout.sessions.retrieve(made["checkout_url"].rpartition("/")[2])
    assert session.success_url == f"{PUBLIC_URL}/return/{made['order_id']}/"
    assert session.cancel_url == f"{PUBLIC_URL}/return/{made['order_id']}/?canceled=1"
    order = ask("GET", proxy + urlsplit(made["status_url"]).path).json()
    assert order["checkout_url"] == made["checkout_url"]


def test_the_shops_form_uses_the_public_url(proxy: str) -> None:
    page = ask("POST", f"{proxy}/", body=urlencode({"quantity-mug": 1}), headers=FORM).data.decode()
    assert re.findall(r'href="([^"]*/c/pay/)', page) == [f"{PUBLIC_URL}/c/pay/"]


def test_buyers_can_return_to_the_public_url(proxy: str) -> None:
    answer = ask("POST", f"{proxy}/api/checkout/", json={"return_url": f"{PUBLIC_URL}/thanks"})
    assert answer.status == 200, answer.data


def test_the_starter_frontend_has_the_public_url(proxy: str) -> None:
    with zipfile.ZipFile(io.BytesIO(ask("GET", f"{proxy}/frontend.zip").data)) as archive:
        assert f'value="{PUBLIC_URL}"' in archive.read("frontend/index.html").decode()


def test_staff_can_log_in_to_an_open_admin(proxy: str) -> None:
    page = ask("GET", f"{proxy}/admin/login/")
    token = TOKEN.search(page.data.decode())
    assert token
    form = {"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": token[1]}
    headers = FORM | {"Origin": PUBLIC_URL, "Cookie": page.headers["Set-Cookie"].partition(";")[0]}
    answer = ask("POST", f"{proxy}/admin/login/", body=urlencode(form), headers=headers)
    assert answer.status == 200, answer.data
    assert b"Please enter the correct username and password" in answer.data
    stranger = headers | {"Origin": "https://phisher.example"}
    assert ask("POST", f"{proxy}/admin/login/", body=urlencode(form), headers=stranger).status == 403


@pytest.mark.parametrize("path", ["/console/", "/nowhere"])
def test_private_pages_stay_private(proxy: str, path: str) -> None:
    assert ask("GET", proxy + path).status == 404
    assert b"missing" not in ask("GET", f"{proxy}/readyz").data
