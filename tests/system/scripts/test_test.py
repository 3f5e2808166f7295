"""`./scripts/test`: its layers, skips, reruns and summary."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

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


@pytest.fixture
def with_chromium(tmp_path: Path) -> str:
    """A PATH with a file named chromium."""
    browser = tmp_path / "browser" / "chromium"
    browser.parent.mkdir()
    browser.touch(0o755)
    return f"{browser.parent}:{os.environ['PATH']}"


def run(folder: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    env = clean_environment() | {"PYTEST_XDIST_AUTO_NUM_WORKERS": "1"} | env
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


def test_results_are_counted_over_all_layers(checkout: Path) -> None:
    write_test(checkout, "def test_good() -> None: ...\ndef test_bad() -> None:\n    raise AssertionError\n")
    answer = run(checkout, "unit")
    assert answer.returncode == 1
    assert "failed   unit" in answer.stdout
    assert re.search(r"^Took  unit \d+ s$", answer.stdout, re.M)
    assert re.match(r"==== 1 failed, 1 passed, 0 skipped, retried: 0 in \d+s", answer.stdout.splitlines()[-1])


def test_a_rerun_is_named_and_counted_in_browser_layers(checkout: Path, with_chromium: str, tmp_path: Path) -> None:
    write_test(checkout, LUCKY.format(mark=str(tmp_path / "been-here")), layer="e2e")
    answer = run(checkout, "e2e", PATH=with_chromium)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "retried  tests/e2e/test_written.py::test_passes_on_the_rerun" in answer.stdout
    assert "==== 1 passed, 0 skipped, retried: 1 in" in answer.stdout


def test_other_layers_have_no_rerun(checkout: Path, tmp_path: Path) -> None:
    write_test(checkout, LUCKY.format(mark=str(tmp_path / "been-here")))
    answer = run(checkout, "unit")
    assert answer.returncode == 1
    assert "==== 1 failed, 0 passed, 0 skipped, retried: 0 in" in answer.stdout


def test_parallel_layers_show_progress_and_complete_output(checkout: Path, with_chromium: str) -> None:
    good = "def test_good() -> None:\n    print('said by', __file__)\n    assert not __file__\n"
    write_test(checkout, good)
    write_test(checkout, good.replace("not __file__", "__file__"), layer="e2e")
    answer = run(checkout, "unit", "e2e", PATH=with_chromium)
    assert {"… unit started", "… e2e started"} <= set(answer.stdout.splitlines())
    for layer in ("unit", "e2e"):
        assert len(re.findall(rf"^──── {layer} \(\d+ s\)$", answer.stdout, re.M)) == 1
    assert "==== 1 failed, 1 passed, 0 skipped, retried: 0 in" in answer.stdout


@pytest.mark.parametrize("inherited", [signal.SIG_DFL, signal.SIG_IGN], ids=["in the foreground", "in the background"])
def test_sigint_stops_the_layers_and_runs_their_cleanup(
    checkout: Path, tmp_path: Path, inherited: signal.Handlers
) -> None:
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
    before = signal.signal(signal.SIGINT, inherited)  # a shell ignores it for what runs in the background
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
    assert run(checkout, "unit").returncode == 1


def test_the_developers_settings_do_not_reach_the_tests(checkout: Path) -> None:
    (checkout / ".env").write_text("STRIPE_SECRET_KEY=sk_test_abcdefgh12345678\n")
    write_test(
        checkout,
        "from django.conf import settings\n"
        "def test_settings() -> None:\n"
        "    assert settings.STRIPE_SECRET_KEY == ''\n"
        f"    assert {str(checkout)!r} not in str(settings.DATA_DIR)\n",
    )
    answer = run(checkout, "unit")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "==== 1 passed, 0 skipped, retried: 0 in" in answer.stdout
