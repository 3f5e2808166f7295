"""The app serves the local Stripe's payment page, and nothing else of the local Stripe."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.emulator import Emulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _with_the_emulator(settings: Settings, emulator: Emulator) -> None:
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_EMULATOR_URL = emulator.url


def test_its_files_are_served(client: Client) -> None:
    answer = client.get("/c/pay/assets/page.css")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/c/pay/../../_emulator/faults",
        "/c/pay/%2e%2e/%2e%2e/_emulator/faults",
        "/c/pay/x/../../../_emulator/faults",
        "/c/pay/..;/_emulator/faults",
        "/c/pay/./cs_test_1",
        "/c/pay//_emulator/",
    ],
)
def test_no_path_reaches_the_emulators_api(client: Client, emulator: Emulator, method: str, path: str) -> None:
    answer = client.generic(method, path, '{"kind": "reset"}', content_type="application/json")
    assert answer.status_code == 404
    assert emulator.control("GET", "faults")["data"] == []


def test_the_real_stripe_has_no_payment_page_here(client: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1234"
    assert client.get("/c/pay/assets/page.css").status_code == 404


def test_a_stopped_emulator_gives_an_error_page(client: Client, settings: Settings) -> None:
    settings.STRIPE_EMULATOR_URL = "http://127.0.0.1:9"
    answer = client.get("/c/pay/cs_test_1")
    assert answer.status_code == 502
    assert b"The local Stripe is not running" in answer.content
