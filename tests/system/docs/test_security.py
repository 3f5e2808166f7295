"""docs/security.md names an existing test in every row."""

import re
import subprocess
import sys

import pytest

from tests.support.stack import ROOT

TEXT = (ROOT / "docs/security.md").read_text()
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "tested by" not in line]


def named_in(row: str) -> list[str]:
    """Return the names in the row's last cell."""
    return re.findall(r"`([^`]+)`", row.strip(" |").split("|")[-1])


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() for row in ROWS])
def test_every_row_names_existing_tests(row: str) -> None:
    named = named_in(row)
    assert named
    assert [name for name in named if not (ROOT / name.split("::")[0]).exists()] == []


def test_every_named_test_is_collected() -> None:
    named = sorted({name for row in ROWS for name in named_in(row)})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    collected = subprocess.run([*command, *named], cwd=ROOT, capture_output=True, text=True)
    assert collected.returncode == 0, collected.stdout[-2000:] + collected.stderr
    assert [name for name in named if name.split("::")[0] not in collected.stdout] == []
