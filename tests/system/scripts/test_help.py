"""Every script that is started by hand explains itself, and does nothing else then."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT, clean_environment

TABLE = (ROOT / "scripts/README.md").read_text().split("## ")[0]
# It runs the stack, whatever its version is.
DOCKER = """#!/bin/sh
case "$*" in
"compose version --short") [ {version} != none ] && echo {version} ;;
"compose ps "*) echo 0123456789ab ;;
"compose exec "*) echo all is well ;;
esac
"""
BY_HAND = re.findall(r"`\./scripts/([a-z-]+)`", TABLE)


def test_the_readme_names_every_script() -> None:
    scripts = {script.name for script in (ROOT / "scripts").iterdir() if not script.suffix}
    assert scripts == set(re.findall(r"`(?:\./scripts/)?([a-z-]+)`", TABLE)) & scripts


@pytest.mark.parametrize("name", BY_HAND)
def test_help_says_what_it_does_and_how_to_call_it(name: str, checkout: Path) -> None:
    helped = subprocess.run(
        [f"./scripts/{name}", "--help"],
        cwd=checkout, env=clean_environment(checkout), capture_output=True, text=True, timeout=60, input="",
    )  # fmt: skip
    assert helped.returncode == 0, helped.stderr
    assert len(helped.stdout.split()) > 8
    assert name in helped.stdout


@pytest.mark.parametrize("name", ["ngrok", "postgres", "stripe-listen", "stripe-emulator", "probe"])
def test_what_runs_in_containers_explains_itself_too(name: str, checkout: Path) -> None:
    helped = subprocess.run(
        ["sh", f"scripts/{name}", "--help"], cwd=checkout, env=clean_environment(checkout),
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert (helped.returncode, helped.stderr) == (0, "")
    assert f"{name} " in helped.stdout


@pytest.mark.parametrize(
    ("version", "told"), [("none", True), ("1.29.2", True), ("v2.20.3", True), ("2.24.0", False), ("5.0.1", False)]
)
def test_a_docker_compose_that_is_too_old_is_named_with_the_remedy(checkout: Path, version: str, told: bool) -> None:
    docker = checkout / "docker"
    docker.write_text(DOCKER.format(version=version))
    docker.chmod(0o755)
    env = clean_environment(checkout)
    asked = subprocess.run(
        ["./scripts/doctor"],
        cwd=checkout, env=env | {"PATH": f"{checkout}:{env['PATH']}"}, capture_output=True, text=True,
    )  # fmt: skip
    assert asked.stdout == "all is well\n", "it goes on"
    warning = f"needs Docker Compose 2.24 or newer, but {version} is installed" in asked.stderr
    assert warning == ("./scripts/dev, which needs no Docker" in asked.stderr) == told
