"""The checkout's short way and its long way (Django) must not be told apart by what they answer."""

import json
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection
from pytest_django import Settings

from app.payments import api
from app.payments.checkout_first import MAX_CALLERS, checkout_first
from app.payments.models import Order
from tests.emulator import Emulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]

SECRET = "sk_test_" + 10 * "51"
JSON = {"CONTENT_TYPE": "application/json"}
CREATED = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|cs_test_\w+|req_\w+")
Answer = tuple[str, dict[str, str], bytes]


class Django:
    """Django's own WSGI application, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._application = get_wsgi_application()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked += 1
        return self._application(environ, start_response)


@pytest.fixture
def django(settings: Settings) -> Django:
    settings.CHECKOUTS_PER_MINUTE = 0  # no limit
    return Django()


def post(application: Callable[..., Any], body: object = b"", **changes: str) -> Answer:
    """A call of the API as gunicorn passes it on; status, headers and body of the answer, without what was made."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/checkout/",
        "CONTENT_LENGTH": str(len(sent)),
        "HTTP_HOST": "localhost:8000",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "wsgi.input": BytesIO(sent),
        "wsgi.url_scheme": "http",
        **(JSON if sent else {}),
        **changes,
    }
    told: list[Any] = []
    answer = application(environ, lambda status, headers, *_: told.extend((status, headers)))
    text = CREATED.sub(b"ID", b"".join(answer))
    getattr(answer, "close", lambda: None)()
    headers = {name.title(): value for name, value in told[1] if name.lower() != "content-length"}
    return told[0], headers, text


def both(django: Django, body: object = b"", **changes: str) -> tuple[Answer, Answer]:
    """The answers of the long and of the short way, which has answered a caller of this kind before."""
    application = checkout_first(django)
    origin = {name: value for name, value in changes.items() if name == "HTTP_ORIGIN"}
    assert post(application, **origin)[0] == "200 OK"
    long = post(django, body, **changes)
    asked = django.asked
    short = post(application, body, **changes)
    assert django.asked == asked, "it took the long way"
    return long, short


ORDINARY: dict[str, tuple[object, dict[str, str]]] = {
    "no body": (b"", {}),
    "no length": (b"", {"CONTENT_LENGTH": ""}),
    "an empty choice": ({}, {}),
    "a choice": ({"items": [{"sku": "default", "quantity": 3}], "customer_email": "a@example.com"}, {}),
    "a page to come back to": ({"return_url": "http://192.168.0.7:3000/done?a=b"}, {}),
    "a frontend": (b"", {"HTTP_ORIGIN": "http://192.168.0.7:3000"}),
    "a file as a frontend": (b"", {"HTTP_ORIGIN": "null"}),
    "a product that there is not": ({"items": [{"sku": "nothing"}]}, {"HTTP_ORIGIN": "http://192.168.0.7:3000"}),
    "an address that is not ours": ({"return_url": "https://example.com/"}, {}),
}


@pytest.mark.parametrize(("body", "changes"), ORDINARY.values(), ids=ORDINARY)
def test_both_ways_answer_alike(django: Django, body: object, changes: dict[str, str]) -> None:
    long, short = both(django, body, **changes)
    assert short == long


@pytest.mark.parametrize("origin", ["http://shop.test", "http://other.test"])
def test_an_allow_list_counts_on_both_ways(django: Django, settings: Settings, origin: str) -> None:
    settings.FRONTEND_ORIGINS = settings.CORS_ALLOWED_ORIGINS = ["http://shop.test"]
    settings.CORS_ALLOW_ALL_ORIGINS = False
    long, short = both(django, HTTP_ORIGIN=origin)
    assert short == long
    assert short[1].get("Access-Control-Allow-Origin") == (origin if origin == "http://shop.test" else None)
    # Who has been answered before tells nothing of the next one.
    application = checkout_first(django)
    for known in ("http://shop.test", "http://other.test", ""):
        post(application, HTTP_ORIGIN=known)
    assert post(application, HTTP_ORIGIN=origin)[1] == long[1]


def test_a_key_means_the_same_on_both_ways(django: Django) -> None:
    long, short = both(django, HTTP_IDEMPOTENCY_KEY="one-intent")
    assert short == long
    assert Order.objects.filter(idempotency_key="one-intent").count() == 1
    body = {"customer_email": "a@example.com"}
    long, short = both(django, body, HTTP_IDEMPOTENCY_KEY="one-intent")
    assert short == long
    assert b"idempotency_key_reused" in short[2]


EXTRAORDINARY: dict[str, tuple[object, dict[str, str]]] = {
    "a GET": (b"", {"REQUEST_METHOD": "GET"}),
    "no JSON": (b"{", {}),
    "a form": (b"a=b", {"CONTENT_TYPE": "application/x-www-form-urlencoded"}),
    "an unknown field": ({"price": 1}, {}),
    "nothing, in JSON": (b"null", {}),
    "too much": (b" " * 20_000 + b"{}", {}),
    "no length at all": (b"", {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}),
    "an empty key": (b"", {"HTTP_IDEMPOTENCY_KEY": ""}),
    "a long key": (b"", {"HTTP_IDEMPOTENCY_KEY": "a" * 256}),
    "a foreign host": (b"", {"HTTP_HOST": "example.com"}),
    "a tunnel": (b"", {"HTTP_X_FORWARDED_FOR": "8.8.8.8"}),
    "a stranger": (b"", {"REMOTE_ADDR": "8.8.8.8"}),
    "another page": (b"", {"PATH_INFO": "/api/products/"}),
}


@pytest.mark.parametrize(("body", "changes"), EXTRAORDINARY.values(), ids=EXTRAORDINARY)
def test_whatever_is_out_of_the_ordinary_is_left_to_django(
    django: Django, body: object, changes: dict[str, str]
) -> None:
    application = checkout_first(django)
    post(application)
    long, asked = post(django, body, **changes), django.asked
    assert post(application, body, **changes) == long
    assert django.asked == asked + 1


def test_one_call_too_many_is_refused_by_django(django: Django, settings: Settings) -> None:
    settings.CHECKOUTS_PER_MINUTE = 3
    application = checkout_first(django)
    statuses = [post(application, REMOTE_ADDR="10.9.8.7")[0][:3] for _ in range(4)]
    assert statuses == ["200", "200", "200", "429"]
    assert django.asked == 2


def away(*_: object, **__: object) -> Any:
    raise OperationalError("the connection is lost")


def crash(*_: object, **__: object) -> Any:
    raise RuntimeError(SECRET)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("failure", [away, crash])
def test_failures_are_told_alike(
    django: Django,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    failure: Callable[..., Any],
    debug: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = checkout_first(django)
    assert post(application)[0] == "200 OK"
    settings.DEBUG = debug
    monkeypatch.setattr(api, "start_checkout", failure)
    long, asked = post(django), django.asked
    short = post(application)
    assert django.asked == asked
    assert short[0] == long[0] == ("503 Service Unavailable" if failure is away else "500 Internal Server Error")
    if not debug:
        assert short == long
    assert SECRET.encode() not in short[2]
    assert len(caplog.records) >= 2  # neither is silent


def test_a_stripe_that_fails_is_told_alike(django: Django, emulator: Emulator) -> None:
    application = checkout_first(django)
    post(application)
    emulator.control("POST", "faults", {"path": "/v1/checkout/sessions*", "kind": "error", "status": 402, "times": 2})
    assert post(application) == post(django)
    assert django.asked == 2


def test_strangers_can_t_fill_its_memory(django: Django) -> None:
    application = checkout_first(django)
    answers = {post(application, HTTP_ORIGIN=f"http://{number}.test")[0] for number in range(MAX_CALLERS + 1)}
    assert answers == {"200 OK"}
    assert django.asked == MAX_CALLERS + 1
    post(application, HTTP_ORIGIN=f"http://{MAX_CALLERS}.test")
    assert django.asked == MAX_CALLERS + 1


@pytest.mark.postgres
def test_no_connection_is_kept(django: Django) -> None:
    application = checkout_first(django)
    for _ in range(2):
        assert post(application, HTTP_IDEMPOTENCY_KEY="again")[0] == "200 OK"
    assert connection.connection is None
