"""`./scripts/test`: its layers, skips, reruns and summary."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import copy_code
from tests.support.layers import COMMANDS
from tests.support.stack import ROOT, clean_environment
from tests.support.waiting import WITHIN_S, until

TOOLS = ("bash", "sh", "dirname", "cmp", "cp", "cat", "rm", "sed", "id")


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with basic tools, but no browser, database, Stripe CLI or Docker."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return str(folder)


def run(folder: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    env = clean_environment() | {"PYTEST_XDIST_AUTO_NUM_WORKERS": "0"} | env
    return subprocess.run(["./scripts/test", *arguments], cwd=folder, env=env, capture_output=True, text=True)


# Fails on the first run.
LUCKY = """
from pathlib import Path
def test_passes_on_the_rerun() -> None:
    mark = Path({mark!r})
    known = mark.exists()
    mark.touch()
    assert known
"""


# Passes if the .env of the checkout at {root!r} has no effect.
SETTINGS = """
from django.conf import settings
def test_settings() -> None:
    assert settings.STRIPE_SECRET_KEY == ""
    assert {root!r} not in str(settings.DATA_DIR)
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """A run of two layers, each with a test that passes on a rerun only."""
    folder = tmp_path_factory.mktemp("layers")
    checkout = copy_code(folder / "check out")
    (checkout / ".env").write_text("STRIPE_SECRET_KEY=sk_test_abcdefgh12345678\n")
    write_test(checkout, SETTINGS.format(root=str(checkout)) + LUCKY.format(mark=str(folder / "unit")))
    write_test(checkout, LUCKY.format(mark=str(folder / "e2e")), layer="e2e")
    browser = folder / "browser" / "chromium"
    browser.parent.mkdir()
    browser.touch(0o755)
    return run(checkout, "unit", "e2e", PATH=f"{browser.parent}:{os.environ['PATH']}")


def write_test(checkout: Path, text: str, layer: str = "unit") -> None:
    tests = checkout / "tests"
    (tests / layer).mkdir(parents=True, exist_ok=True)
    for module in ("__init__.py", "conftest.py"):
        shutil.copy(ROOT / "tests" / module, tests)
    shutil.copytree(ROOT / "tests" / "support", tests / "support", dirs_exist_ok=True)
    shutil.rmtree(checkout / "emulator" / "tests", ignore_errors=True)
    (checkout / "emulator" / "tests").mkdir()
    (tests / layer / "test_written.py").write_text(text)


def test_help_lists_the_layers() -> None:
    answer = run(ROOT, "--help")
    assert answer.returncode == 0
    for layer in COMMANDS:
        assert re.search(rf"^  {layer} ", answer.stdout, re.M)


def test_an_unknown_layer_is_a_usage_error() -> None:
    answer = run(ROOT, "everything")
    assert answer.returncode == 2
    assert "unknown layer everything" in answer.stderr


def test_a_layer_without_tools_is_skipped_with_a_hint(checkout: Path, bare_path: str) -> None:
    write_test(checkout, "")
    answer = run(checkout, "e2e", "compose", PATH=bare_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "skipped  e2e: no Chromium (Debian, Ubuntu: apt install chromium)" in answer.stdout
    assert re.search("^skipped  compose: .*(root|docker)", answer.stdout, re.M)
    assert "0 passed, 0 failed, 2 skipped" in answer.stdout.splitlines()[-1]


def test_a_skipped_layer_fails_in_ci(checkout: Path, bare_path: str) -> None:
    write_test(checkout, "")
    answer = run(checkout, "e2e", PATH=bare_path, CI="true")
    assert answer.returncode == 1
    assert "skipped  e2e" in answer.stdout


def test_results_are_counted_over_all_layers(answer: "subprocess.CompletedProcess[str]") -> None:
    assert answer.returncode == 1
    assert re.search(r"^Took  unit \d+ s  e2e \d+ s$", answer.stdout, re.M)
    assert re.match(r"==== 1 failed, 2 passed, 0 skipped, retried: 1 in \d+s", answer.stdout.splitlines()[-1])


def test_a_rerun_is_named_in_browser_layers(answer: "subprocess.CompletedProcess[str]") -> None:
    assert "retried  tests/e2e/test_written.py::test_passes_on_the_rerun" in answer.stdout
    assert "failed   e2e" not in answer.stdout


def test_other_layers_have_no_rerun(answer: "subprocess.CompletedProcess[str]") -> None:
    assert "failed   unit" in answer.stdout
    assert "FAILED tests/unit/test_written.py::test_passes_on_the_rerun" in answer.stdout


def test_the_developers_settings_do_not_reach_the_tests(answer: "subprocess.CompletedProcess[str]") -> None:
    assert re.search(r"^=+ 1 failed, 1 passed in ", answer.stdout, re.M), "of unit"
    assert "FAILED tests/unit/test_written.py::test_settings" not in answer.stdout


def test_layers_show_progress_and_complete_output(answer: "subprocess.CompletedProcess[str]") -> None:
    assert {"… unit started", "… e2e started"} <= set(answer.stdout.splitlines())
    for layer in ("unit", "e2e"):
        assert len(re.findall(rf"^──── {layer} \(\d+ s\)$", answer.stdout, re.M)) == 1


def test_sigint_stops_the_layers_and_runs_their_cleanup(checkout: Path, tmp_path: Path) -> None:
    started, cleaned = tmp_path / "started", tmp_path / "cleaned"
    write_test(
        checkout,
        "import threading\nfrom pathlib import Path\n"
        "def test_waiting() -> None:\n"
        f"    Path({str(started)!r}).touch()\n"
        "    try:\n        threading.Event().wait()\n"
        f"    finally:\n        Path({str(cleaned)!r}).touch()\n",
    )
    env = clean_environment() | {"PYTEST_XDIST_AUTO_NUM_WORKERS": "0"}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a shell ignores it for what runs in the background
    try:
        layers = subprocess.Popen(["./scripts/test", "unit", "e2e"], cwd=checkout, env=env, stdout=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, before)
    until(started.exists, "the test runs")
    layers.send_signal(signal.SIGINT)
    assert layers.wait(WITHIN_S) == 130
    assert cleaned.exists()


def test_a_layer_without_tests_fails(checkout: Path) -> None:
    write_test(checkout, "")
    answer = run(checkout, "unit")
    assert answer.returncode == 1
    assert "failed   unit" in answer.stdout
