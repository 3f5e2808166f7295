"""Pages on other origins change nothing here, except frontends that call the API."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.support.front_door import FrontDoor

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

LISTED = "https://shop.example"
# As browsers send them: to localhost and https with Sec-Fetch-Site, to other addresses without.
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:5500"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:5500"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example:8000"},
]
OWN = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:8000"},
    # A proxy in front has rewritten Host: the browser still knows, or the proxy says so, or PUBLIC_URL does.
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://pay.example.com"},
    {"X-Forwarded-Host": "pay.example.com", "Origin": "https://pay.example.com"},
    {"Origin": "https://public.example.com"},
]
CHANGES = ["/", "/stripe-webhook/", "/stripe-webhook", "/c/pay/cs_test_1/confirm", "/admin/login/", "/console/faults/"]


def send(path: str, headers: dict[str, str], method: str = "POST") -> Any:
    return FrontDoor().generic(method, path, "x=1", headers={"Host": "localhost:8000"} | headers,
                               content_type="application/x-www-form-urlencoded")  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_foreign_page_changes_nothing(path: str, method: str, headers: dict[str, str]) -> None:
    refused = send(path, headers, method)
    assert refused.status_code == 403
    assert "FRONTEND_ORIGINS" in refused.content.decode()


@pytest.mark.parametrize("headers", OWN)
def test_own_pages_and_programs_are_let_through(headers: dict[str, str], settings: Settings) -> None:
    settings.PUBLIC_URL, settings.CONSOLE = "https://public.example.com", True
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_this_test"]
    answer = send("/stripe-webhook/", headers)
    assert (answer.status_code, "signature" in answer.json()["code"]) == (400, True)


@pytest.mark.parametrize("headers", FOREIGN)
def test_any_frontend_calls_the_api_while_none_is_listed(headers: dict[str, str]) -> None:
    assert send("/api/checkout/", headers).json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/api/checkout/", "/api/checkout"])
def test_only_listed_frontends_call_the_api(path: str, headers: dict[str, str], settings: Settings) -> None:
    settings.FRONTEND_ORIGINS = settings.CORS_ALLOWED_ORIGINS = [LISTED]
    settings.CORS_ALLOW_ALL_ORIGINS = False
    assert send(path, headers).json()["code"] == "origin_not_allowed"
    assert send(path, headers | {"Origin": LISTED}).json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("path", ["/", "/api/products/", "/console/qr.svg", "/admin/login/", "/readyz", "/nowhere",
                                  "/static/storefront/icon.svg"])  # fmt: skip
def test_no_other_site_embeds_a_response(path: str) -> None:
    answer = FrontDoor().get(path, headers={"Host": "localhost:8000"})
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_another_site_only_learns_that_we_are_up() -> None:
    answer = FrontDoor().get("/healthz", headers={"Host": "localhost:8000", "Origin": LISTED})
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in answer, "it can't be read"
    assert answer.json() == {"status": "ok"}
