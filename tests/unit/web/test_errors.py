"""On any error, people get a page and programs get problem details, without claims that the server can't verify."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from pytest_django import Settings

from app.payments.api.catalog import ensure_default_product
from app.payments.models import Order
from app.web.throttling import checkouts
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.conftest import emulator, emulator_process, order

__all__ = ["emulator", "emulator_process", "order"]  # fixtures
pytestmark = pytest.mark.django_db

FRONTEND = "http://192.168.1.7:5500"
UNKNOWN = uuid.UUID(int=0)
# A server that has not asked Stripe can't know these.
CLAIMS = ("charged", "not been paid", "no payment")


def ask(path: str, method: str = "GET", body: str = "", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    origin = {"Origin": FRONTEND} if path.startswith("/api") else {}  # a frontend may call nothing else
    client = FrontDoor(raise_request_exception=False)
    return client.generic(
        method, path, body, content_type="application/json", headers={"Host": "localhost"} | origin | named
    )


def read_problem(answer: Any, status: int, code: str) -> Any:
    """Check and return problem details that a frontend on another origin can read."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    assert not any(claim in problem["detail"] for claim in CLAIMS)
    if answer.wsgi_request.path.startswith("/api"):
        assert answer["Access-Control-Allow-Origin"] == "*"
    return problem


def read_page(answer: Any, status: int) -> str:
    """Check and return a complete page that makes no such claim."""
    page: str = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "<h1>" in page
    assert "storefront/storefront" in page  # our own style
    assert not any(claim in page for claim in CLAIMS)
    return page


@pytest.fixture
def _throttled(settings: Settings) -> Iterator[None]:
    settings.CHECKOUTS_PER_MINUTE, settings.WEB_WORKERS = 1, 1
    cache.clear()
    checkouts.seconds_to_wait("127.0.0.1")
    yield
    cache.clear()


@pytest.fixture(params=[OperationalError, InterfaceError])
def _database_down(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise request.param("the connection is lost")

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", fail)


class TestTheDatabaseIsDown:
    """A buyer who returns from paying must not pay again."""

    pytestmark = pytest.mark.usefixtures("_database_down")

    @pytest.mark.parametrize("path", ["/", f"/return/{UNKNOWN}/", f"/return/{UNKNOWN}/?canceled=1"])
    @pytest.mark.parametrize("debug", [False, True])
    def test_a_page_reports_the_outage_and_reloads(self, path: str, debug: bool, settings: Settings) -> None:
        settings.DEBUG = debug
        answer = ask(path, Accept="text/html,*/*;q=0.8")
        page = read_page(answer, 503)
        assert "don’t pay again" in page
        assert '<meta http-equiv="refresh" content="5">' in page
        assert int(answer["Retry-After"]) > 0

    def test_a_refused_form_is_not_sent_again(self) -> None:
        page = read_page(ask("/", "POST"), 503)
        assert "don’t pay again" in page
        assert 'http-equiv="refresh"' not in page

    def test_the_admin_shows_a_page_too(self) -> None:
        client = FrontDoor(headers={"Host": "localhost"})
        client.cookies["sessionid"] = "a" * 32
        read_page(client.get("/admin/payments/order/"), 503)

    @pytest.mark.parametrize("path", ["/api/products/", f"/api/orders/{UNKNOWN}/"])
    def test_a_program_gets_retry_after(self, path: str) -> None:
        answer = ask(path)
        detail = read_problem(answer, 503, "database_unavailable")["detail"]
        assert "Idempotency-Key" not in detail
        assert int(answer["Retry-After"]) > 0

    @pytest.mark.parametrize(("headers", "repeats"), [({"Idempotency_Key": "k1"}, True), ({}, False)])
    def test_only_a_request_with_a_key_should_repeat_it(self, headers: dict[str, str], repeats: bool) -> None:
        detail = read_problem(ask("/api/checkout/", "POST", **headers), 503, "database_unavailable")["detail"]
        assert ("the same Idempotency-Key" in detail) is repeats

    def test_a_json_client_gets_problem_details(self) -> None:
        read_problem(ask("/", Accept="application/json"), 503, "database_unavailable")


def test_an_unsaved_session_counts_as_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", fail)
    read_page(ask("/admin/login/"), 503)


@pytest.mark.parametrize(("headers", "repeats"), [({"Idempotency_Key": "k2"}, True), ({}, False)])
@pytest.mark.parametrize("fault", [{"status": 503}, {"kind": "reset"}])
def test_a_stripe_error_makes_no_claims(
    emulator: Emulator, fault: dict[str, Any], headers: dict[str, str], repeats: bool
) -> None:
    emulator.control("POST", "faults", {"path": "/v1/checkout/sessions*", "kind": "error"} | fault)
    answer = ask("/api/checkout/", "POST", **headers)
    code = "stripe_unreachable" if fault.get("kind") == "reset" else "stripe_unavailable"
    detail = read_problem(answer, 503, code)["detail"]
    assert ("the same Idempotency-Key" in detail) is repeats
    # The buyer reads the reason too, but has no key.
    made = Order.objects.get()
    assert "Idempotency-Key" not in made.reason
    assert not any(claim in made.reason for claim in CLAIMS)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/api", "GET", 404, "not_found"),
        ("/api/", "GET", 404, "not_found"),
        ("/api/", "POST", 404, "not_found"),
        ("/api/nonsense", "GET", 404, "not_found"),
        ("/api/nonsense/", "DELETE", 404, "not_found"),
        ("/api/orders/1/", "GET", 404, "not_found"),
        (f"/api/orders/{UNKNOWN}/", "GET", 404, "not_found"),
        (f"/api/orders/{UNKNOWN}/", "PATCH", 405, "method_not_allowed"),
        ("/api/products/", "POST", 405, "method_not_allowed"),
        ("/api/checkout/", "GET", 405, "method_not_allowed"),
        ("/stripe-webhook/", "GET", 405, "method_not_allowed"),
        ("/stripe-webhook/nonsense", "POST", 404, "not_found"),
        ("/api/docs", "POST", 405, "method_not_allowed"),
        ("/api/openapi.json", "DELETE", 405, "method_not_allowed"),
    ],
)
def test_an_unknown_address_returns_problem_details(
    path: str, method: str, status: int, code: str, debug: bool, settings: Settings
) -> None:
    settings.DEBUG = debug
    answer = ask(path, method)
    read_problem(answer, status, code)
    assert ("Allow" in answer) is (status == 405)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/no/such/page", "GET", 404),
        (f"/return/{UNKNOWN}/", "GET", 404),
        ("/apiary", "GET", 404),
        (f"/return/{UNKNOWN}/", "POST", 405),
        ("/", "PUT", 405),
        ("/frontend.zip", "PUT", 403),  # without a CSRF token
        ("/admin/login/", "POST", 403),
    ],
)
def test_an_unknown_address_returns_a_page(path: str, method: str, status: int) -> None:
    read_page(ask(path, method), status)


def test_a_form_without_its_token_returns_page_or_problem() -> None:
    assert "This form has expired" in read_page(ask("/admin/login/", "POST"), 403)
    detail = read_problem(ask("/console/doctor/", "POST", Accept="application/json"), 403, "forbidden")["detail"]
    assert "cookie" not in detail


@pytest.mark.parametrize("host", ["evil.example", "8.8.8.8", "a b"])
def test_a_refused_host_returns_page_or_problem(host: str) -> None:
    assert "PUBLIC_URL" in read_page(ask("/", Host=host), 400)
    assert "PUBLIC_URL" in read_problem(ask("/api/products/", Host=host), 400, "host_not_allowed")["detail"]


def test_a_body_without_a_length_returns_page_or_problem() -> None:
    read_page(ask("/", "POST", Transfer_Encoding="chunked"), 411)
    for path in ("/api/checkout/", "/stripe-webhook/"):
        read_problem(ask(path, "POST", Transfer_Encoding="chunked"), 411, "length_required")


def test_a_large_body_returns_page_or_problem(settings: Settings) -> None:
    body = "a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    read_page(ask("/", "POST", body), 413)
    for path in ("/api/checkout/", "/api/nonsense", "/stripe-webhook/"):
        read_problem(ask(path, "POST", body), 413, "body_too_large")


@pytest.mark.usefixtures("_throttled")
def test_throttling_returns_page_or_problem() -> None:
    for answer in (ask("/api/checkout/", "POST"), ask("/", "POST")):
        assert int(answer["Retry-After"]) > 0
    read_problem(ask("/api/checkout/", "POST"), 429, "too_many_requests")
    ensure_default_product()  # needed for the form
    assert "Too many attempts" in read_page(ask("/", "POST"), 429)


def test_a_crash_returns_page_or_problem(settings: Settings) -> None:
    settings.ROOT_URLCONF, settings.STRIPE_WEBHOOK_SECRETS = "tests.unit.web.crashing_urls", ["whsec_of_this_test"]
    read_page(ask("/crash/"), 500)
    read_problem(ask("/api/crash/"), 500, "internal_server_error")


def test_a_stopped_local_stripe_returns_a_page(settings: Settings) -> None:
    settings.STRIPE_EMULATOR_URL = "http://127.0.0.1:9"
    assert "local Stripe" in read_page(ask("/c/pay/cs_test_1"), 502)


@pytest.mark.parametrize("path", ["/api/products/", "/api/openapi.json", "/api/docs", "/", "/healthz"])
def test_every_get_has_a_head(path: str, order: Order) -> None:
    for each in (path, f"/api/orders/{order.pk}/", f"/return/{order.pk}/"):
        head, got = ask(each, "HEAD"), ask(each)
        assert (head.status_code, head["Content-Type"]) == (got.status_code, got["Content-Type"])
        assert head.content == b""


def test_an_error_of_a_head_has_no_body() -> None:
    answer = ask("/api/checkout/", "HEAD")
    assert (answer.status_code, answer["Content-Type"], answer.content) == (405, "application/problem+json", b"")
    assert int(answer["Content-Length"]) > 0


def test_head_is_not_in_the_openapi_document() -> None:
    paths = ask("/api/openapi.json").json()["paths"]
    assert {method for methods in paths.values() for method in methods} == {"get", "post"}
