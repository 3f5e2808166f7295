"""Our reader and Docker Compose read `.env` alike. No engine is needed."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.env import read_env_file
from tests.compose.engine import HOME, EngineMissingError, install_compose, install_packages
from tests.support.stack import ROOT

NAMES = st.sampled_from(["A", "KEY", "_x", "SECRET_KEY", "export", "a.b", ""])
BLANKS = st.sampled_from(["", "", " ", "\t", "\u00a0"])
# Full of characters that the two could read differently.
VALUES = st.text(st.sampled_from("ab1 \t#$'\"\\={}:~`%\u00a0\u2003\r\x0b\x85é€"), max_size=8)
LINES = st.builds("".join, st.tuples(BLANKS, st.sampled_from(["", "export "]), NAMES, BLANKS, st.just("="), VALUES))


@pytest.fixture(scope="module")
def compose() -> Path:
    """The program of Docker Compose."""
    try:
        HOME.mkdir(parents=True, exist_ok=True)
        install_packages()
        install_compose()
    except EngineMissingError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    return HOME / "docker-config" / "cli-plugins" / "docker-compose"


def read_by_compose(program: Path, text: bytes) -> dict[str, str]:
    """Return the environment of a service with this env_file."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".env").write_bytes(text)
        Path(folder, "docker-compose.yml").write_text("services: {app: {image: app, env_file: .env}}\n")
        shown = subprocess.run(
            [program, "config", "--format", "json"],
            cwd=folder, env={"PATH": os.environ["PATH"], "HOME": folder}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = json.loads(shown.stdout)["services"]["app"].get("environment") or {}
    return {name: value.replace("$$", "$") for name, value in found.items()}  # `config` escapes $ for Compose


def read_by_us(text: bytes) -> dict[str, str] | None:
    """Return what our reader reads, or None if it refuses the text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, ".env")
        file.write_bytes(text)
        try:
            return read_env_file(file)
        except ImproperlyConfigured:
            return None


@settings(max_examples=50, deadline=None)
@given(st.lists(LINES, min_size=20, max_size=60), st.sampled_from(["\n", "\r\n"]))
def test_accepted_lines_are_read_alike(compose: Path, lines: list[str], end: str) -> None:
    accepted = [line for line in lines if read_by_us(line.encode()) is not None]
    # Combined into one file, so that no line affects the next.
    text = "".join(line + end for line in [*accepted, "LAST=1"]).encode()
    assert read_by_us(text) == read_by_compose(compose, text)


def test_the_example_is_read_alike(compose: Path) -> None:
    text = (ROOT / ".env.example").read_bytes()
    assert read_by_us(text) == read_by_compose(compose, text)
