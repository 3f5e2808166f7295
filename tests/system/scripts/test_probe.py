"""`scripts/probe`: quick while a container starts, and sure of it before a healthy container becomes unhealthy."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.http_server import Quiet, serving
from tests.support.stack import ROOT


def probe(folder: Path, *arguments: str, last: str) -> tuple[int, str]:
    """Run a probe in a container whose last one had the result `last`; return its exit code and output."""
    (folder / ".probe").write_text(f"{last}\n")
    env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)}
    done = subprocess.run(
        ["sh", "scripts/probe", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


def attempts(folder: Path, results: str) -> list[str]:
    """Return a command that takes its exit codes from `results`, one each time; the last one stays."""
    (folder / "results").write_text(results)
    take = f'read -r now rest <{folder}/results; [ -z "$rest" ] || echo "$rest" >{folder}/results; exit $now'
    return ["sh", "-c", take]


def test_a_starting_container_is_checked_repeatedly(tmp_path: Path) -> None:
    assert probe(tmp_path, *attempts(tmp_path, "1 1 1 0"), last="starting")[0] == 0
    assert (tmp_path / ".probe").read_text() == "green\n"


def test_one_failure_is_no_outage(tmp_path: Path) -> None:
    assert probe(tmp_path, *attempts(tmp_path, "0 1 0"), last="green")[0] == 0


def test_an_outage_is_found_within_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    assert probe(tmp_path, *attempts(tmp_path, "0 1 1"), last="green")[0] == 1
    assert time.monotonic() - began < 9, "a healthy container is checked every three seconds"
    assert (tmp_path / ".probe").read_text() == "red\n"
    assert probe(tmp_path, *attempts(tmp_path, "0"), last="red")[0] == 0


@pytest.mark.parametrize(
    ("text", "age", "alive", "working"),
    [
        ("", -5, (0, ""), (0, "")),
        ("The database is unavailable", -5, (0, ""), (1, "The database is unavailable")),
        ("", 5, (1, "the worker is stalled"), (1, "the worker is stalled")),
    ],
)
def test_a_workers_file_says_how_it_is(
    tmp_path: Path, text: str, age: int, alive: tuple[int, str], working: tuple[int, str]
) -> None:
    file = tmp_path / "alive"
    file.write_text(text)
    os.utime(file, (time.time() - age, time.time() - age))
    assert probe(tmp_path, "alive", str(file), last="red") == alive
    assert probe(tmp_path, "working", str(file), last="red") == working


def test_a_worker_without_a_file_is_unhealthy(tmp_path: Path) -> None:
    assert probe(tmp_path, "alive", str(tmp_path / "none"), last="red")[0] == 1


@pytest.mark.parametrize(("last", "path"), [("starting", "/readyz"), ("green", "/healthz"), ("red", "/healthz")])
def test_a_second_path_is_asked_once_the_first_has_succeeded(tmp_path: Path, last: str, path: str) -> None:
    class OnePath(Quiet):
        def do_GET(self) -> None:  # noqa: N802
            self.send_response(200 if self.path == path else 503)
            self.end_headers()

    with serving(OnePath) as url:
        port = url.rpartition(":")[2]
        assert probe(tmp_path, "http", port, "/readyz", "/healthz", last=last)[0] == 0
