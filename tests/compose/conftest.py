"""A Docker engine with stand-ins for public images, and one running installation for most tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.compose.engine import Engine, EngineMissingError, running_engine
from tests.compose.images import make_images
from tests.compose.stack import ComposeStack, clone
from tests.support.browser import FLAGS, find_chromium


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine with every image named in docker-compose.yml and Dockerfile."""
    try:
        with running_engine() as engine:
            make_images(engine)
            yield engine
    except EngineMissingError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """A healthy installation without .env. Files that change it remove their .env; the next `up` applies that."""
    folder = clone(tmp_path_factory.mktemp("stack") / "clone")
    with ComposeStack(engine, folder, f"compose-tests-{os.getpid()}") as stack:
        stack.up()
        yield stack


# Ordered by cost; changes of the shared installation's mode come last.
ORDER = ["env_file", "folder_names", "stripe_listen", "without_devstack", "caddy", "fresh_clone", "database_role",
         "containers", "health", "doctor", "secret", "interruptions", "live_reload", "data", "with_a_tunnel",
         "with_a_key"]  # fmt: skip
ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts" / "compose"


@contextmanager
def open_browser(*flags: str) -> Iterator[Page]:
    """Open a tab in the machine's Chromium; it accepts the stand-ins' private certificates."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *flags])
        yield launched.new_context(ignore_https_errors=True).new_page()
        launched.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files of this folder by ORDER, and leave other files in place."""
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    ours.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))
    theirs = [item for item in items if item.path.parent != Path(__file__).parent]
    items[:] = [*theirs, *ours]
