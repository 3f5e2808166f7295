"""`./scripts/lint`: what its own checks find."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT

SCAN = re.findall(r"^secret_scan\(\) \{.*?^\}", (ROOT / "scripts/lint").read_text(), re.M | re.S)[0]


def scan(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The secret scan in that repository."""
    return subprocess.run(["bash", "-c", f"{SCAN}\nsecret_scan"], cwd=folder, capture_output=True, text=True)


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
def test_a_real_looking_secret_in_a_tracked_file_is_named_and_not_repeated(tmp_path: Path, secret: str) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "notes.md").write_text(f"made up: sk_test_1234\nmine: {secret}\n")
    assert scan(tmp_path).returncode == 0, "git tracks nothing yet"
    subprocess.run(["git", "add", "notes.md"], cwd=tmp_path, check=True)
    found = scan(tmp_path)
    assert found.returncode == 1
    assert "notes.md:2" in found.stdout
    assert secret not in found.stdout + found.stderr


def test_this_repository_holds_none() -> None:
    assert scan(ROOT).stdout == ""
