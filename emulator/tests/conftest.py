"""A fresh emulator for each test, and a webhook endpoint registered with it."""

from collections.abc import Iterator

import pytest

from support.receiver import Receiver
from support.running import Running


@pytest.fixture
def emulator() -> Iterator[Running]:
    """Run a separate emulator, in memory; delayed payment methods settle after a minute of its clock."""
    with Running() as running:
        yield running


@pytest.fixture
def receiver(emulator: Running) -> Iterator[Receiver]:
    """A webhook endpoint that gets every event of `emulator`."""
    with Receiver() as waiting:
        created = emulator.client().v1.webhook_endpoints.create({"url": waiting.url, "enabled_events": ["*"]})
        assert created.secret
        waiting.secret = created.secret
        yield waiting
