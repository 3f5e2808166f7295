"""The checkout's folder may have any name that Docker Compose can make a project's name of. No engine is needed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.compose.test_env_file import compose
from tests.support.stack import ROOT

__all__ = ["compose"]  # a fixture


def config(program: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "docker-compose.yml", folder)
    return subprocess.run(
        [program, "config", "--format", "json"],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "project"), [("shop", "shop"), ("My Shop", "myshop"), ("Müllers Läden – магазин & co", "mllersldenco")]
)
def test_project_is_named_after_its_folder(compose: Path, tmp_path: Path, name: str, project: str) -> None:
    found = json.loads(config(compose, tmp_path / name).stdout)
    assert (found["name"], found["services"]["app"]["image"]) == (project, f"{project}-app")


def test_folder_without_ascii_letters_takes_a_setting(compose: Path, tmp_path: Path) -> None:
    folder = tmp_path / "магазин"
    assert "project name must not be empty" in config(compose, folder).stderr
    (folder / ".env").write_text("COMPOSE_PROJECT_NAME=shop\n")
    assert json.loads(config(compose, folder).stdout)["name"] == "shop"
