"""Systems that the doctor checks, besides the shared one."""

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator
from tests.support.stack import Stack
from tests.unit.devstack.doctor.runs import KEY, SECRET


@pytest.fixture(scope="module")
def stripe() -> Iterator[Emulator]:
    """An emulator in the role of the real Stripe: the app uses its URL and a key."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def own(stripe: Emulator) -> Iterator[Stack]:
    """A system with a test account, but no Stripe CLI."""
    env = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_WEBHOOK_SECRET": SECRET}
    env |= {"PATH": "/usr/bin:/bin", "CATCH_UP_INTERVAL": "1"}
    with Stack(env=env) as running:
        yield running
