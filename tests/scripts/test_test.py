"""`./scripts/test`: what it runs, what it skips, and what it says at the end."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stack import ROOT, clean_environment

TOOLS = ("bash", "sh", "dirname", "cmp", "cp", "cat", "mktemp", "rm", "sed", "grep", "awk", "tee", "id")


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with what every machine has, and no browser, database, Stripe CLI or engine."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return str(folder)


def run(folder: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["./scripts/test", *arguments],
        cwd=folder, env=clean_environment() | env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def write_test(checkout: Path, text: str) -> None:
    tests = checkout / "tests"
    tests.mkdir(exist_ok=True)
    for name in ("__init__.py", "conftest.py", "stack.py", "postgres.py"):
        shutil.copy(ROOT / "tests" / name, tests / name)
    (tests / "test_written.py").write_text(text)


def test_help_lists_the_layers() -> None:
    answer = run(ROOT, "--help")
    assert answer.returncode == 0
    for layer in ("lint", "unit", "postgres", "e2e", "cli", "compose"):
        assert re.search(rf"^  {layer} ", answer.stdout, re.M)


def test_an_unknown_layer_is_a_usage_error() -> None:
    answer = run(ROOT, "everything")
    assert answer.returncode == 2
    assert "there is no layer everything" in answer.stderr


def test_a_layer_without_its_tools_is_skipped_with_the_way_to_get_them(checkout: Path, bare_path: str) -> None:
    answer = run(checkout, "e2e", "compose", PATH=bare_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "skipped  e2e: no Chromium (Debian, Ubuntu: apt install chromium)" in answer.stdout
    assert re.search("^skipped  compose: .*(root|docker)", answer.stdout, re.M)
    assert "0 passed, 0 failed, 2 skipped" in answer.stdout.splitlines()[-1]


def test_a_skipped_layer_fails_in_ci(checkout: Path, bare_path: str) -> None:
    answer = run(checkout, "e2e", PATH=bare_path, CI="true")
    assert answer.returncode == 1
    assert "skipped  e2e" in answer.stdout


def test_passed_and_failed_tests_are_counted_over_the_layers(checkout: Path) -> None:
    write_test(checkout, "def test_good() -> None: ...\ndef test_bad() -> None:\n    raise AssertionError\n")
    answer = run(checkout, "unit")
    assert answer.returncode == 1
    assert "failed   unit" in answer.stdout
    assert re.search(r"^Took  unit \d+ s$", answer.stdout, re.M)
    assert re.match(r"==== 1 failed, 1 passed, 0 skipped in \d+s", answer.stdout.splitlines()[-1])


def test_what_fails_beside_others_and_passes_alone_is_shown_and_counts_as_passed(checkout: Path) -> None:
    mark = checkout / "been-here"
    write_test(
        checkout,
        "from pathlib import Path\n"
        "def test_second_time_lucky() -> None:\n"
        f"    mark = Path({str(mark)!r})\n"
        "    known = mark.exists()\n"
        "    mark.touch()\n"
        "    assert known\n",
    )
    answer = run(checkout, "unit")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "what failed, once more" in answer.stdout
    assert "==== 1 passed, 0 skipped" in answer.stdout


def test_a_layer_without_tests_fails(checkout: Path) -> None:
    write_test(checkout, "")
    assert run(checkout, "unit").returncode == 1


def test_settings_of_the_person_who_runs_it_do_not_reach_the_tests(checkout: Path) -> None:
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
    assert "==== 1 passed, 0 skipped" in answer.stdout
