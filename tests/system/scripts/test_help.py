"""Every script for users has a --help that does nothing else."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT, clean_environment

TABLE = (ROOT / "scripts/README.md").read_text().split("## ")[0]
# A `docker` with a running stack and the given Compose version.
DOCKER = """#!/bin/sh
case "$*" in
"compose version --short") [ {version} != none ] && echo {version} ;;
"compose ps "*) echo 0123456789ab ;;
"compose exec "*) echo all is well ;;
esac
"""
FOR_USERS = re.findall(r"`\./scripts/([a-z-]+)`", TABLE)


def test_the_readme_lists_every_script() -> None:
    scripts = {script.name for script in (ROOT / "scripts").iterdir() if not script.suffix}
    assert scripts == set(re.findall(r"`(?:\./scripts/)?([a-z-]+)`", TABLE)) & scripts


@pytest.mark.parametrize("name", FOR_USERS)
def test_help_explains_the_script(name: str, checkout: Path) -> None:
    helped = subprocess.run(
        [f"./scripts/{name}", "--help"],
        cwd=checkout, env=clean_environment(checkout), capture_output=True, text=True, timeout=60, input="",
    )  # fmt: skip
    assert helped.returncode == 0, helped.stderr
    assert len(helped.stdout.split()) > 8
    assert name in helped.stdout


@pytest.mark.parametrize("name", ["ngrok", "postgres", "daily-backup", "stripe-listen", "stripe-emulator", "probe"])
def test_scripts_in_containers_have_help_too(name: str, checkout: Path) -> None:
    helped = subprocess.run(
        ["sh", f"scripts/{name}", "--help"], cwd=checkout, env=clean_environment(checkout),
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert (helped.returncode, helped.stderr) == (0, "")
    assert f"{name} " in helped.stdout


@pytest.mark.parametrize(
    ("version", "warns"), [("none", True), ("1.29.2", True), ("v2.20.3", True), ("2.24.0", False), ("5.0.1", False)]
)
def test_an_old_docker_compose_is_named_with_its_fix(checkout: Path, version: str, warns: bool) -> None:
    docker = checkout / "docker"
    docker.write_text(DOCKER.format(version=version))
    docker.chmod(0o755)
    env = clean_environment(checkout)
    result = subprocess.run(
        ["./scripts/doctor"],
        cwd=checkout, env=env | {"PATH": f"{checkout}:{env['PATH']}"}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.stdout == "all is well\n", "it continues"
    warning = f"needs Docker Compose 2.24 or newer, but {version} is installed" in result.stderr
    assert warning == ("./scripts/dev, which needs no Docker" in result.stderr) == warns
