"""Client libraries at the emulator: today's official ones, an old one, and dj-stripe.

The old one sends booleans as `True` and names no API version. `python -m tests.clients` runs more.
"""

from collections.abc import Iterator

import pytest

from tests.cli.installed import not_here
from tests.cli.local_stripe import LocalStripe
from tests.clients.clients import CLIENTS, OPTIONS, ClientMissingError

pytestmark = pytest.mark.cli


@pytest.fixture(scope="module")
def stripe() -> Iterator[LocalStripe]:
    """The emulator; payments settle quickly."""
    with LocalStripe(OPTIONS) as running:
        yield running


@pytest.mark.parametrize("name", ["stripe-python", "stripe-node", "stripe-python-5.5", "dj-stripe"])
def test_a_client_trades_for_a_day(stripe: LocalStripe, name: str) -> None:
    try:
        assert list(CLIENTS[name].run(stripe))
    except ClientMissingError as reason:
        not_here(str(reason))
