"""The checks that `./scripts/lint` implements itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT

LINT = (ROOT / "scripts/lint").read_text()


def own_check(name: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the function of that name from the script in the repository `folder`."""
    (function,) = re.findall(rf"^{name}\(\) \{{.*?^\}}", LINT, re.M | re.S)
    command = f"set -uo pipefail\n{function}\n{name}"
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)


def scan(folder: Path) -> "subprocess.CompletedProcess[str]":
    return own_check("secret_scan", folder)


@pytest.mark.parametrize(
    "secret",
    [
        "sk_test_" + "51H8xYz" * 6,
        "rk_live_" + "4eC39Hq" * 4,
        "whsec_" + "a1b2c3d4" * 5,
        "2" + "aBcDeFgHiJkLm" * 2 + "_" + "3nOpQrStUvWxYz5aBcDeF",  # ngrok's
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
)
def test_a_real_looking_secret_is_named_but_not_printed(tmp_path: Path, secret: str) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "notes.md").write_text(f"made up: sk_test_1234\nmine: {secret}\n")
    assert scan(tmp_path).returncode == 0, "git tracks nothing yet"
    subprocess.run(["git", "add", "notes.md"], cwd=tmp_path, check=True)
    found = scan(tmp_path)
    assert found.returncode == 1
    assert "notes.md:2" in found.stdout
    assert secret not in found.stdout + found.stderr


def test_this_repository_contains_no_secret() -> None:
    assert scan(ROOT).stdout == ""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A repository with the word list."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/words.txt", tmp_path / "scripts")
    return tmp_path


def prose(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    (folder / "notes.md").write_text(f"First line.\n{text}\n")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return own_check("prose", folder)


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Our Catalog" + "ue", "catalog"),
        ("fulf" + "ilment", "fulfillment"),
        ("#pat" + "ience", "timeout"),
        ("It goes on by " + "itself.", "automatically"),
        ("Your last " + "try failed", "last attempt"),
        ("an e-" + "mail", "email"),
    ],
)
def test_a_forbidden_word_is_shown_with_a_better_one(texts: Path, text: str, better: str) -> None:
    found = prose(texts, text)
    assert found.returncode == 1
    assert found.stdout.startswith("notes.md:2:")
    assert better in found.stdout


@pytest.mark.parametrize("text", ["An order is fulfilled and shipped.", "task.cancelled()", "FULFILMENT_LEASE=60"])
def test_similar_words_are_allowed(texts: Path, text: str) -> None:
    found = prose(texts, text)
    assert (found.returncode, found.stdout) == (0, "")


def test_every_rule_of_the_word_list_is_valid(texts: Path) -> None:
    lines = [line for line in (ROOT / "scripts/words.txt").read_text().splitlines() if line and line[0] != "#"]
    assert [line for line in lines if len(line.split("\t")) != 2] == []
    # git prints an error for an invalid expression.
    assert prose(texts, "Plain text.").stderr == ""
