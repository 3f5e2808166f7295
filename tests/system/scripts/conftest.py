"""A checkout of its own for each test that edits files or writes a `.env`."""

from pathlib import Path

import pytest

from tests.support.checkout import copy_code


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code as it is now."""
    return copy_code(tmp_path / "check out")  # a folder's name may hold a space
