"""Errors of the ngrok container. The agent is a stand-in on PATH."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.stack import ROOT
from tests.support.waiting import until

STANDINS = Path(__file__).parent / "standins"
TOKEN = "2abcDEF_standin"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (f"{TOKEN}_wrong", "ngrok rejected NGROK_AUTHTOKEN. Copy it again from https://dashboard.ngrok.com"),
        (f"{TOKEN}_twice", "this account has reached its limit of agents; stop the other one"),
        (f"{TOKEN}_taken", "NGROK_URL is in use by another agent; stop that agent"),
        (f"{TOKEN}_other", "the domain in NGROK_URL does not belong to this account; correct it"),
        (f"{TOKEN}_unverified", "the account is not verified: open the email"),
        (f"{TOKEN}_stale", "update its image"),
    ],
)
def test_a_refusal_is_one_sentence_with_its_fix(token: str, words: str, tmp_path: Path) -> None:
    with container(tmp_path, NGROK_AUTHTOKEN=token) as running:
        assert running.stdout
        printed = running.stdout.readline()
        until(lambda: words in health(tmp_path, token)[1], "the reason")
        status, reason = health(tmp_path, token)
        assert status == 1
        running.terminate()
        printed += running.stdout.read()
    assert printed.count("\n") == 1
    assert words in printed
    assert token not in printed + reason


def test_an_agent_without_internet_is_healthy_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}_offline\n")
    # The agent gets the token from the script.
    with container(tmp_path, NGROK_AUTHTOKEN_FILE=str(file)) as running:
        assert running.stdout
        printed = running.stdout.readline()
        assert printed.startswith("ngrok: no public URL: ngrok can't be reached. Is this PC online?")
        assert health(tmp_path, f"{TOKEN}_offline") == (0, printed.removeprefix("ngrok: "))
        running.terminate()
        assert running.stdout.read() == "", "its errors are not repeated"


@contextmanager
def container(folder: Path, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the container's script."""
    path = f"{STANDINS}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "TMPDIR": str(folder)} | env
    with subprocess.Popen(["sh", "scripts/ngrok"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.terminate()


def health(folder: Path, token: str) -> tuple[int, str]:
    """Return the exit code and the output of the health check; no agent's API is here."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "wget").write_text("#!/bin/sh\nexit 1\n")
    (tools / "wget").chmod(0o755)
    env = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(folder), "NGROK_AUTHTOKEN": token}
    command = ["sh", "scripts/ngrok", "health"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout
