"""A new emulator for each test, with a webhook endpoint on request."""

from collections.abc import Iterator

import pytest

from support.receiver import Receiver
from support.running import Running


@pytest.fixture
def emulator() -> Iterator[Running]:
    """An emulator in memory; delayed payment methods settle after a minute of its clock."""
    with Running() as running:
        yield running


@pytest.fixture
def receiver(emulator: Running) -> Iterator[Receiver]:
    """A webhook endpoint that receives every event of `emulator`."""
    with Receiver() as waiting:
        created = emulator.client().v1.webhook_endpoints.create({"url": waiting.url, "enabled_events": ["*"]})
        assert created.secret
        waiting.secret = created.secret
        yield waiting
