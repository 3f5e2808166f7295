"""Send one request to each route; part of `./scripts/test quick`."""

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
class Example:
    """A request, its expected status and text. ORDER and EVENT stand for existing ids."""

    path: str
    contains: str
    method: str = "GET"
    status: int = 200
    body: Any = None


# By route of the URLconf; a new route needs a line here.
EXAMPLES = {
    "api/openapi.json": Example("/api/openapi.json", '"openapi"'),
    "api/docs": Example("/api/docs", "swagger"),
    "api/checkout/": Example("/api/checkout/", '"checkout_url": "http', "POST"),
    "api/orders/<uuidstr:order_id>/": Example("/api/orders/ORDER/", '"status": "pending"'),
    "api/products/": Example("/api/products/", '"sku": "default"'),
    "api/": Example("/api/", '"code": "not_found"', status=404),
    "stripe-webhook/": Example("/stripe-webhook/", '"outcome": "applied"', "POST"),
    r"^c/pay/[\w-]+(?:[/.][\w-]+)*\Z": Example("/c/pay/assets/page.css", "{"),
    "healthz": Example("/healthz", "ok"),
    "readyz": Example("/readyz", '"ready"'),
    "admin/login/": Example("/admin/login/", "csrfmiddlewaretoken"),
    "admin/": Example("/admin/", "", status=302),
    "console/": Example("/console/", "<html"),
    "console/state/": Example("/console/state/", '"links"'),
    "console/qr.svg": Example("/console/qr.svg", "<svg"),
    "console/orders/<uuid:order_id>/": Example("/console/orders/ORDER/", "ORDER"),
    "console/orders/<uuid:order_id>/deliver/": Example("/console/orders/ORDER/deliver/", '"undelivered": []', "POST"),
    "console/events/<int:event_id>/replay/": Example("/console/events/EVENT/replay/", "applied", "POST"),
    "console/emails/<str:name>/": Example("/console/emails/none.eml/", "", status=404),
    "console/faults/": Example("/console/faults/", '"slow"', "POST", body={"name": "slow"}),
    "console/doctor/": Example("/console/doctor/", "", status=405),
    "": Example("/", 'id="pay"'),
    "frontend.zip": Example("/frontend.zip", "index.html"),
    "return/<uuid:order_id>/": Example("/return/ORDER/", "ORDER"),
}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield every route; the admin counts as one."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern) or pattern.app_name == "admin":
            yield route
        else:
            yield from routes(pattern, route)


def test_every_route_has_a_request_here() -> None:
    assert sorted(set(routes(get_resolver()))) == sorted(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_route_responds(example: Example, order: Order, emulator: Emulator, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    data = event_for(order)
    event = StripeEvent.objects.create(
        stripe_id=data["id"], type=data["type"], payload=json.dumps(data), outcome="failed"
    )
    browser = FrontDoor(headers={"Host": "localhost:8000"})
    headers = {}
    if example.path == "/stripe-webhook/":
        body = json.dumps(event_for(order))
        headers["Stripe-Signature"] = sign(body)
    else:
        body = "" if example.body is None else json.dumps(example.body)
    if example.path.startswith("/console/"):
        browser.get("/console/")
        headers["X-CSRFToken"] = browser.cookies["csrftoken"].value
    path = example.path.replace("ORDER", str(order.pk)).replace("EVENT", str(event.pk))
    answer = browser.generic(example.method, path, body, content_type="application/json", headers=headers)
    body_text = answer.content.decode(errors="replace")
    assert (answer.status_code, body_text[:500]) == (example.status, body_text[:500])
    assert example.contains.replace("ORDER", str(order.pk)) in body_text
