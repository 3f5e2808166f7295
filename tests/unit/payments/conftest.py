"""Fixtures for the tests of the payment core."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order
from app.payments.stripe import client as stripe_client
from tests.support.emulator import Emulator
from tests.unit.payments.orders import pay_new_order
from tests.unit.payments.webhook_sender import SECRET


@pytest.fixture(autouse=True)
def _webhook_secret(settings: Settings, tmp_path: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.STRIPE_WEBHOOK_SECRET_FILE = tmp_path / "webhook_secret"


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """One running emulator for the whole session; tests use `emulator`."""
    with Emulator() as running:
        yield running


@pytest.fixture
def emulator(emulator_process: Emulator, settings: Settings) -> Iterator[Emulator]:
    """The real, empty emulator as the app's Stripe."""
    emulator_process.reset()
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_EMULATOR_URL = emulator_process.url
    stripe_client.client.cache_clear()
    yield emulator_process
    stripe_client.client.cache_clear()


@pytest.fixture(autouse=True)
def _free_call_slots() -> Iterator[None]:
    yield
    stripe_client.calls_left.cache_clear()


@pytest.fixture
def order(db: None) -> Order:
    """A pending order of 20.00 USD with the Checkout Session cs_test_a1."""
    order = place_order(CheckoutIn(), return_url="http://testserver/return/{order_id}/")
    order.stripe_session_id, order.checkout_url = "cs_test_a1", "http://stripe.test/c/pay/cs_test_a1"
    order.save()
    return order


@pytest.fixture
def paid(client: Client, emulator: Emulator) -> Order:
    """An order of 20.00 USD paid at the emulator."""
    return pay_new_order(client, emulator)
