"""settings.MIDDLEWARE applies to every request, for any caller and any number of times."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from app.config import wsgi
from app.payments.models import Order
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.conftest import emulator, emulator_process, order

__all__ = ["emulator", "emulator_process", "order"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.quick]

Next = Callable[[HttpRequest], HttpResponse]


def first(get_response: Next) -> Next:
    """Return a middleware that gives each caller its own cookie and header."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["X-First"] = request.headers.get("X-Caller", "")
        response.set_cookie("caller", request.headers.get("X-Caller", ""))
        return response

    return middleware


def last(get_response: Next) -> Next:
    """Return a middleware that marks the views' responses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["X-Last"] = request.headers.get("X-Caller", "")
        return response

    return middleware


@pytest.fixture(autouse=True)
def _added(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add two middlewares, as a developer would."""
    settings.MIDDLEWARE = [f"{__name__}.first", *settings.MIDDLEWARE, f"{__name__}.last"]
    monkeypatch.setattr(wsgi, "application", WSGIHandler())


def ask(method: str, path: str, caller: str, headers: dict[str, str]) -> Any:
    # A frontend may call nothing but the API.
    origin = {"Origin": "http://192.168.1.7:5500"} if path.startswith("/api") else {}
    client = FrontDoor(headers={"Host": "localhost", "X-Caller": caller} | origin | headers)
    return client.generic(method, path, content_type="application/json")


VIEWS = [
    ("POST", "/api/checkout/"),
    ("POST", "/api/checkout"),
    ("GET", "/api/orders/ORDER/"),
    ("GET", "/api/products/"),
    ("GET", "/api/docs"),
    ("GET", "/api/"),
    ("GET", "/api/nonsense"),
    ("POST", "/stripe-webhook/"),
    ("POST", "/stripe-webhook"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/"),
    ("GET", "/return/ORDER/"),
    ("GET", "/console/"),
    ("GET", "/admin/login/"),
    ("GET", "/c/pay/cs_test_1"),
    ("GET", "/no/such/page"),
]


@pytest.mark.parametrize(("method", "path"), VIEWS)
def test_added_middleware_sees_every_request_to_a_view(
    method: str, path: str, order: Order, emulator: Emulator
) -> None:
    for caller in ("anna", "ben", "anna"):
        answer = ask(method, path.replace("ORDER", str(order.pk)), caller, {})
        assert (answer["X-First"], answer["X-Last"]) == (caller, caller)
        assert answer.cookies["caller"].value == caller


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("OPTIONS", "/api/checkout/", {"Access-Control-Request-Method": "POST"}),
        ("GET", "/", {"Host": "evil.example"}),
        ("GET", "/console/", {"X-Forwarded-For": "203.0.113.9"}),
        ("POST", "/api/checkout/", {"Transfer-Encoding": "chunked"}),
        ("POST", "/", {"Content-Length": "99999999"}),
        ("GET", "/static/storefront/storefront.css", {}),
    ],
)
def test_the_first_middleware_sees_requests_without_a_view(method: str, path: str, headers: dict[str, str]) -> None:
    for caller in ("anna", "ben", "anna"):
        answer = ask(method, path, caller, headers)
        assert answer["X-First"] == caller
        assert answer.cookies["caller"].value == caller
        assert "X-Last" not in answer
