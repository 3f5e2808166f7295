"""Copy the checkout for tests that edit files or write a `.env`."""

from pathlib import Path

import pytest

from tests.support.checkout import copy_code


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the current code."""
    return copy_code(tmp_path / "check out")  # with a space in its name
