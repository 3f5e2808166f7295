"""Every API address and the webhook work with and without the final slash."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from app.payments.models import Order
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.unit.payments.conftest import emulator, emulator_process, order
from tests.unit.payments.webhook_sender import SECRET, event_for, sign

__all__ = ["emulator", "emulator_process", "order"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.quick]

FRONTEND = {"Origin": "http://192.168.1.7:5500"}
# Our cookie and another origin, which Django's CSRF check refuses.
BROWSER = FRONTEND | {"Cookie": "csrftoken=" + "a" * 32}


def both(path: str) -> tuple[str, str]:
    return path.removesuffix("/"), path.removesuffix("/") + "/"


@pytest.mark.parametrize("path", both("/api/checkout"))
@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_a_checkout_needs_no_slash(path: str, headers: dict[str, str], emulator: Emulator) -> None:
    answer = FrontDoor().generic("POST", path, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    # Either way, the order has one URL.
    assert answer.json()["status_url"].endswith(f"/api/orders/{Order.objects.get().pk}/")


@pytest.mark.parametrize("path", both("/stripe-webhook"))
def test_the_webhook_needs_no_slash(path: str, order: Order, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    body = json.dumps(event_for(order))
    headers = {"Stripe-Signature": sign(body)}
    answer = FrontDoor().generic("POST", path, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "applied")


@pytest.mark.parametrize("path", ["/api", "/api/products", "/api/docs", "/api/openapi.json", "/api/orders/ORDER"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_both_spellings_get_the_same_response(path: str, method: str, order: Order) -> None:
    def response_to(spelling: str) -> Any:
        answer = FrontDoor().generic(method, spelling, headers=BROWSER)
        return answer.status_code, answer["Content-Type"], answer["Access-Control-Allow-Origin"], answer.content

    without, with_one = (response_to(each) for each in both(path.replace("ORDER", str(order.pk))))
    assert without == with_one
    assert without[0] in (200, 404, 405)


@pytest.mark.parametrize("path", both("/api/checkout"))
def test_a_preflight_needs_no_slash(path: str) -> None:
    answer = FrontDoor().options(path, headers=FRONTEND | {"Access-Control-Request-Method": "POST"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")


@pytest.mark.parametrize("path", both("/api/checkout"))
def test_a_request_from_outside_needs_no_slash(path: str, settings: Settings, emulator: Emulator) -> None:
    settings.PUBLIC_URL = "https://shop.ngrok-free.app"
    headers = {"Host": "shop.ngrok-free.app", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert FrontDoor().generic("POST", path, headers=headers).status_code == 200
