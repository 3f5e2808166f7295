"""Security headers on every page, over http on localhost and over https through a tunnel."""

import uuid

import pytest
from csp.constants import NONCE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import path as url
from pytest_django import Settings

from app.payments.models import Order
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.conftest import emulator, emulator_process, order

PUBLIC = "shop.ngrok-free.app"
TUNNEL = {"Host": PUBLIC, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
PAGES = ["/", "/api/products/", "/api/docs", "/return/no-order/", "/stripe-webhook/"]
LOCAL_PAGES = ["/admin/login/", "/console/", "/readyz", "/no/such/page"]

POLICIES = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@csp_update({"script-src": [NONCE]})
def page_with_an_inline_script(request: HttpRequest) -> HttpResponse:
    """As in django-csp's "Using the generated CSP nonce"."""
    return HttpResponse(f"{request.csp_nonce}")  # type: ignore[attr-defined]


@csp_update({"script-src": [NONCE]})
def page_without_one(request: HttpRequest) -> HttpResponse:
    return HttpResponse("no script")


urlpatterns = [url("inline/", page_with_an_inline_script), url("plain/", page_without_one)]

__all__ = ["emulator", "emulator_process", "order"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@pytest.mark.parametrize(
    ("path", "headers"),
    [(path, {"Host": "localhost"}) for path in PAGES + LOCAL_PAGES] + [(path, TUNNEL) for path in PAGES],
)
def test_every_page_has_security_headers(path: str, headers: dict[str, str], settings: Settings) -> None:
    settings.PUBLIC_URL, settings.EXTRA_HOSTS = "", [PUBLIC]
    answer = FrontDoor().get(path, headers=headers)
    for name, value in POLICIES.items():
        assert answer[name] == value
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    # The API docs use inline styles; scripts are always ours.
    assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", "" if path == "/api/docs" else "unsafe")
    assert ("Strict-Transport-Security" in answer) is (headers is TUNNEL)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {"Host": "evil.example"}, 400),
        ("GET", "/api/products/", {"Host": "evil.example"}, 400),
        ("GET", "/console/", TUNNEL, 404),
        ("GET", "/admin/", TUNNEL, 404),
        ("GET", "/api/nonsense", TUNNEL, 404),
        ("POST", "/", {"Host": "localhost", "Transfer-Encoding": "chunked"}, 411),
        ("POST", "/api/checkout/", {"Host": "localhost", "Transfer-Encoding": "chunked"}, 411),
        ("PUT", "/", {"Host": "localhost"}, 405),
        ("GET", "/api/checkout/", {"Host": "localhost"}, 405),
        ("GET", "/admin", {"Host": "localhost"}, 301),
        ("POST", "/admin/login/", {"Host": "localhost"}, 403),
        ("GET", "/static/storefront/storefront.css", {"Host": "localhost"}, 200),
        ("GET", "/frontend.zip", {"Host": "localhost"}, 200),
        ("OPTIONS", "/api/checkout/", {"Host": "localhost", "Access-Control-Request-Method": "POST"}, 200),
    ],
)
def test_early_responses_have_security_headers(
    method: str, path: str, headers: dict[str, str], status: int, settings: Settings
) -> None:
    settings.PUBLIC_URL, settings.EXTRA_HOSTS = "", [PUBLIC]
    answer = FrontDoor().generic(method, path, headers=headers)
    assert answer.status_code == status
    for name, value in POLICIES.items():
        assert answer[name] == value
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_page_can_use_a_nonce(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    first, second = (FrontDoor().get("/inline/", headers={"Host": "localhost"}) for _ in range(2))
    for answer in (first, second):
        assert f"'nonce-{answer.content.decode()}'" in answer["Content-Security-Policy"]
    assert first.content != second.content
    assert "nonce" not in FrontDoor().get("/plain/", headers={"Host": "localhost"})["Content-Security-Policy"]


PERSONAL = ["/return/ORDER/", "/api/orders/ORDER/", f"/api/orders/{uuid.UUID(int=0)}/", f"/return/{uuid.UUID(int=0)}/"]


@pytest.mark.parametrize(
    "path", [*PERSONAL, "/", "/console/state/", "/console/orders/ORDER/", "/admin/login/", "/readyz"]
)
def test_personal_responses_are_not_cached(path: str, order: Order) -> None:
    for method in ("GET", "HEAD"):
        answer = FrontDoor(headers={"Host": "localhost"}).generic(method, path.replace("ORDER", str(order.pk)))
        assert "no-store" in answer["Cache-Control"]


def test_a_checkout_is_not_cached(emulator: Emulator) -> None:
    assert "no-store" in FrontDoor().generic("POST", "/api/checkout/")["Cache-Control"]


def test_static_files_are_cached() -> None:
    answer = FrontDoor().get("/static/storefront/storefront.css")
    assert "max-age" in answer["Cache-Control"]
    assert "no-store" not in answer["Cache-Control"]
