"""An emulator, the CLI and a webhook endpoint. Each test has its own CLI, and its own emulator if it kills it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.cli import Cli
from tests.cli.installed import stripe_cli
from tests.cli.local_stripe import LocalStripe
from tests.cli.target import Target


@pytest.fixture(scope="session")
def binary() -> str:
    """The path of the Stripe CLI."""
    return stripe_cli()


@pytest.fixture(scope="module")
def shared_stripe() -> Iterator[LocalStripe]:
    """One emulator per module; debits settle quickly."""
    with LocalStripe(["--settle-after", "0.2"]) as running:
        yield running


@pytest.fixture
def own_stripe() -> Iterator[LocalStripe]:
    """An emulator that the test may kill."""
    with LocalStripe() as running:
        yield running


@pytest.fixture
def cli(binary: str, shared_stripe: LocalStripe, tmp_path: Path) -> Cli:
    """A CLI on its own device, with an empty emulator."""
    shared_stripe.empty()
    return Cli(binary, shared_stripe, tmp_path, device=f"device-{uuid4()}")


@pytest.fixture
def own_cli(binary: str, own_stripe: LocalStripe, tmp_path: Path) -> Cli:
    """A CLI with an emulator that the test may kill."""
    return Cli(binary, own_stripe, tmp_path)


@pytest.fixture
def target() -> Iterator[Target]:
    """A webhook endpoint."""
    with Target() as running:
        yield running
