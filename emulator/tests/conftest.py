"""A new emulator for each test, with a webhook endpoint on request."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from support.receiver import Receiver
from support.running import Running

# The same profiles as in the app's tests, which may run in the same process. The health checks measure the machine: to
# draw its first example, Hypothesis reads all modules of the project.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True, database=None)
settings.register_profile("long", settings.get_profile("default"), max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "default"))


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
