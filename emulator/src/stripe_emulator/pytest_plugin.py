"""The pytest plugin: a `stripe_emulator` fixture. pytest loads it automatically once the package is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stripe_emulator.running import RunningEmulator


@pytest.fixture(scope="session")
def stripe_emulator_server() -> Iterator[RunningEmulator]:
    """Yield one emulator for the whole test run (for each worker of pytest-xdist), at the same `url` throughout."""
    with RunningEmulator() as running:
        yield running


@pytest.fixture
def stripe_emulator(stripe_emulator_server: RunningEmulator) -> RunningEmulator:
    """Return a running, empty emulator.

    `url` is its address, `control()` calls its control endpoints, and `advance()` advances its clock.
    """
    stripe_emulator_server.reset()
    return stripe_emulator_server
