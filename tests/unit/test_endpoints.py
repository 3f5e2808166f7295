"""One request for each address of the app, whichever there are: part of `./scripts/test quick`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from app.payments.models import Order, StripeEvent
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.conftest import emulator, emulator_process, order
from tests.unit.payments.webhook_sender import SECRET, event_for, sign

__all__ = ["emulator", "emulator_process", "order"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@dataclass(frozen=True)
class Ask:
    """A request, the status of its answer, and words in it. ORDER and EVENT stand for ids that there are."""

    path: str
    says: str
    method: str = "GET"
    status: int = 200
    body: Any = None


# By the routes of the URLconf. A new route needs a line here.
ASKS = {
    "api/openapi.json": Ask("/api/openapi.json", '"openapi"'),
    "api/docs": Ask("/api/docs", "swagger"),
    "api/checkout/": Ask("/api/checkout/", '"checkout_url": "http', "POST"),
    "api/orders/<uuidstr:order_id>/": Ask("/api/orders/ORDER/", '"status": "pending"'),
    "api/products/": Ask("/api/products/", '"sku": "default"'),
    "api/": Ask("/api/", '"code": "not_found"', status=404),
    "stripe-webhook/": Ask("/stripe-webhook/", '"outcome": "applied"', "POST"),
    r"^c/pay/[\w-]+(?:[/.][\w-]+)*\Z": Ask("/c/pay/assets/page.css", "{"),
    "healthz": Ask("/healthz", "ok"),
    "readyz": Ask("/readyz", '"ready"'),
    "admin/login/": Ask("/admin/login/", "csrfmiddlewaretoken"),
    "admin/": Ask("/admin/", "", status=302),
    "console/": Ask("/console/", "<html"),
    "console/state/": Ask("/console/state/", '"links"'),
    "console/qr.svg": Ask("/console/qr.svg", "<svg"),
    "console/orders/<uuid:order_id>/": Ask("/console/orders/ORDER/", "ORDER"),
    "console/orders/<uuid:order_id>/deliver/": Ask("/console/orders/ORDER/deliver/", '"undelivered": []', "POST"),
    "console/events/<int:event_id>/replay/": Ask("/console/events/EVENT/replay/", "applied", "POST"),
    "console/faults/": Ask("/console/faults/", '"slow"', "POST", body={"name": "slow"}),
    "console/doctor/": Ask("/console/doctor/", "", status=405),
    "": Ask("/", 'id="pay"'),
    "frontend.zip": Ask("/frontend.zip", "index.html"),
    "return/<uuid:order_id>/": Ask("/return/ORDER/", "ORDER"),
}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every route, the admin's as one."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern) or pattern.app_name == "admin":
            yield route
        else:
            yield from routes(pattern, route)


def test_every_address_has_a_request_here() -> None:
    assert sorted(set(routes(get_resolver()))) == sorted(ASKS)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_it_answers(ask: Ask, order: Order, emulator: Emulator, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    told = event_for(order)
    event = StripeEvent.objects.create(
        stripe_id=told["id"], type=told["type"], payload=json.dumps(told), outcome="failed"
    )
    browser = FrontDoor(headers={"Host": "localhost:8000"})
    headers = {}
    if ask.path == "/stripe-webhook/":
        body = json.dumps(event_for(order))
        headers["Stripe-Signature"] = sign(body)
    else:
        body = "" if ask.body is None else json.dumps(ask.body)
    if ask.path.startswith("/console/"):
        browser.get("/console/")
        headers["X-CSRFToken"] = browser.cookies["csrftoken"].value
    path = ask.path.replace("ORDER", str(order.pk)).replace("EVENT", str(event.pk))
    answer = browser.generic(ask.method, path, body, content_type="application/json", headers=headers)
    text = answer.content.decode(errors="replace")
    assert (answer.status_code, text[:500]) == (ask.status, text[:500])
    assert ask.says.replace("ORDER", str(order.pk)) in text
