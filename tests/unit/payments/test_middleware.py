"""settings.MIDDLEWARE applies to every request, without exception."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from app.payments.models import Order
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor, enter
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

seen: Counter[str] = Counter()


class CountingMiddleware:
    """Counts requests and marks responses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count."""
        seen[request.path] += 1
        response = self._get_response(request)
        response["X-Counted"] = str(seen[request.path])
        return response


@pytest.fixture
def counted(settings: Settings) -> FrontDoor:
    """A client of the application with the counting middleware added outermost and innermost."""
    return entering(counting_application(settings))


def entering(application: WSGIHandler) -> FrontDoor:
    client = FrontDoor()
    client.handler = partial(enter, application=application)  # type: ignore[assignment]
    return client


def counting_application(settings: Settings) -> WSGIHandler:
    name = f"{__name__}.{CountingMiddleware.__name__}"
    settings.MIDDLEWARE = [name, *settings.MIDDLEWARE, name]
    seen.clear()
    return get_wsgi_application()


def test_every_request_passes_all_middleware(counted: FrontDoor, emulator: Emulator, order: Order) -> None:
    for _ in range(3):  # the first request could differ from later ones
        started = counted.generic("POST", "/api/checkout/", headers={"Origin": "http://never-seen.test"})
        answers = {
            "/api/checkout/": started,
            "/stripe-webhook/": deliver(counted, event_for(order)),
            f"/api/orders/{order.pk}/": counted.get(f"/api/orders/{order.pk}/"),
            "/api/products/": counted.get("/api/products/"),
            "/": counted.get("/"),
            f"/return/{order.pk}/": counted.get(f"/return/{order.pk}/"),
            "/admin/login/": counted.get("/admin/login/"),
            "/no/such/page/": counted.get("/no/such/page/"),
            "/api/no/such/address/": counted.get("/api/no/such/address/"),
            "/healthz": counted.get("/healthz"),
            "/readyz": counted.get("/readyz"),
        }
        refused = deliver(counted, event_for(order), signature="t=1,v1=00")
        assert refused.status_code == 400
        assert started.status_code == 200
        assert all("X-Counted" in answer for answer in [*answers.values(), refused])
    # The outermost and the innermost each see every request. /stripe-webhook/ is called twice per round.
    assert seen == Counter(dict.fromkeys(answers, 6) | {"/stripe-webhook/": 12})


def test_responses_share_no_headers_between_callers(settings: Settings, emulator: Emulator) -> None:
    """Headers for one origin, scheme or cookie do not leak into the next response."""
    application = counting_application(settings)
    first = entering(application).generic(
        "POST", "/api/checkout/", headers={"Origin": "http://never-seen.test", "Cookie": "csrftoken=abc"}, secure=True
    )
    second = entering(application).generic("POST", "/api/checkout/")
    assert (first.status_code, second.status_code) == (200, 200)
    assert "Strict-Transport-Security" in first
    assert "Strict-Transport-Security" not in second
    assert "Set-Cookie" not in second
    assert not second.cookies


def test_a_script_name_does_not_affect_the_next_request(emulator: Emulator) -> None:
    mounted = FrontDoor(SCRIPT_NAME="/x").generic("POST", "/api/checkout/")
    plain = FrontDoor().generic("POST", "/api/checkout/").json()
    assert mounted.status_code in (200, 404)
    assert plain["status_url"] == f"http://testserver/api/orders/{plain['order_id']}/"
