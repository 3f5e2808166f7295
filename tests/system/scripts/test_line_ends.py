"""A checkout on Windows, where git converts line ends by default."""

import shutil
import subprocess
from pathlib import Path

from tests.support.stack import ROOT


def test_a_windows_checkout_keeps_unix_line_ends(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "core.autocrlf=true", *arguments], cwd=tmp_path, check=True, capture_output=True)

    shutil.copy(ROOT / ".gitattributes", tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "docs/images/shop.png", tmp_path)
    git("init", "--quiet")
    git("add", ".")
    shutil.rmtree(tmp_path / "scripts")
    git("checkout-index", "--all", "--force")
    assert [script.name for script in (tmp_path / "scripts").iterdir() if b"\r" in script.read_bytes()] == []
    assert (tmp_path / "shop.png").read_bytes() == (ROOT / "docs/images/shop.png").read_bytes()
