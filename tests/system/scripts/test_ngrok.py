"""Errors of the ngrok container. The agent is a stand-in on PATH."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT

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
    path = f"{STANDINS}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "TMPDIR": str(tmp_path), "NGROK_AUTHTOKEN": token}
    with subprocess.Popen(["sh", "scripts/ngrok"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as container:
        assert container.stdout
        printed = container.stdout.readline()
        container.terminate()
        printed += container.stdout.read()
    assert printed.count("\n") == 1
    assert words in printed
    assert token not in printed
