"""Commands in other terminals find the running ./scripts/dev of this checkout."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.config.running import STACKS, join, stacks
from app.devstack.dev.data_dir import claim, publish

pytestmark = pytest.mark.quick


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ExitStack]:
    """Stacks entered here run until the test ends, or until it is closed."""
    with ExitStack() as stack:
        yield stack


def start(running: ExitStack, root: Path, name: str, port: int) -> dict[str, str]:
    """Start a stack on that port with a folder of that name."""
    settings = {"PORT": str(port), "EMULATOR_PORT": str(port + 1), "DATA_DIR": str(root / name)}
    publish(root, settings, running.enter_context(claim(root / name)))
    return settings


def joined(root: Path, **environ: str) -> dict[str, str]:
    assert join(root, environ) == ""
    return environ


def test_a_command_joins_the_running_stack(tmp_path: Path, running: ExitStack) -> None:
    assert joined(tmp_path) == {}
    settings = start(running, tmp_path, "one", 8001)
    assert joined(tmp_path) == settings
    assert joined(tmp_path, PORT="", DATA_DIR="") == settings
    running.close()
    assert joined(tmp_path) == {}


def test_set_variables_win_over_the_stacks(tmp_path: Path, running: ExitStack) -> None:
    settings = start(running, tmp_path, "one", 8001)
    assert joined(tmp_path, PORT="9000") == settings | {"PORT": "9000"}
    assert joined(tmp_path, DATA_DIR="other") == {"DATA_DIR": "other"}


def test_a_command_joins_the_stack_of_its_folder(tmp_path: Path, running: ExitStack) -> None:
    start(running, tmp_path, "one", 8001)
    two = start(running, tmp_path, "two", 8003)
    assert joined(tmp_path, DATA_DIR="two") == two | {"DATA_DIR": "two"}
    environ: dict[str, str] = {}
    warning = join(tmp_path, environ)
    assert environ == {}
    assert "set DATA_DIR" in warning
    assert two["DATA_DIR"] in warning


def test_a_killed_stack_is_forgotten(tmp_path: Path, running: ExitStack) -> None:
    with ExitStack() as killed:
        start(killed, tmp_path, "one", 8001)
    two = start(running, tmp_path, "two", 8003)
    assert stacks(tmp_path) == [two]
    assert json.loads((tmp_path / STACKS).read_text()) == [two["DATA_DIR"]]


@pytest.mark.parametrize("text", ["", "{", "1", "[1]", '["/no/such/folder"]', "null"])
def test_a_damaged_list_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / STACKS).write_text(text)
    assert joined(tmp_path) == {}
