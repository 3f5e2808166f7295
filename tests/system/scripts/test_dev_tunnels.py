"""`./scripts/dev` opens the tunnels that `.env` enables. The programs are stand-ins on PATH."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.devstack.doctor.runner import CHECKS
from tests.support.listening import listeners
from tests.support.stack import ROOT, Stack
from tests.system.scripts.processes import await_none_of, pids_of
from tests.system.scripts.shop import await_page

STANDINS = Path(__file__).parent / "standins"
WITH_PROGRAMS = f"{STANDINS}{os.pathsep}{os.environ['PATH']}"
TOKEN = "2abcDEF_standin"


def tunnel_finding(stack: Stack) -> dict[str, Any]:
    """Run the doctor's tunnel check in another terminal. Return its finding."""
    others = [f"--without={check.name}" for check in CHECKS if check.name != "tunnel"]
    command = [sys.executable, "manage.py", "doctor", "--json", *others]
    result = subprocess.run(command, cwd=ROOT, env=stack.env, capture_output=True, text=True)
    [found] = json.loads(result.stdout)["findings"]
    return dict(found)


def dev(**env: str) -> Stack:
    return Stack(env={"PATH": WITH_PROGRAMS, **env})


@pytest.fixture(scope="module")
def with_ngrok() -> Iterator[Stack]:
    """A stack with a tunnel by ngrok, shared by all tests; the last one stops it."""
    with dev(NGROK_AUTHTOKEN=TOKEN) as stack:
        yield stack


def test_a_token_opens_a_tunnel_for_the_app(with_ngrok: Stack) -> None:
    # By the supervisor and by the app.
    with_ngrok.wait_for_log("Public URL: https://random-name.ngrok-free.app", count=2)
    assert TOKEN not in with_ngrok.log
    assert tunnel_finding(with_ngrok)["summary"] == "https://random-name.ngrok-free.app"


def test_only_the_app_listens_on_the_network(with_ngrok: Stack) -> None:
    with_ngrok.wait_for_log("Public URL: ")
    found = listeners(pids_of(with_ngrok))
    own = {address for address, port in found if port == with_ngrok.port}
    others = {address for address, port in found if port != with_ngrok.port}
    assert "0.0.0.0" in own
    assert others == {"127.0.0.1"}
    assert {port for _, port in found} > {with_ngrok.port, with_ngrok.emulator_port}, "and ngrok's inspector"


def test_a_killed_tunnel_is_reopened(with_ngrok: Stack) -> None:
    with_ngrok.wait_for_log("dev      | Public URL: ")
    os.kill(with_ngrok.processes["ngrok"], signal.SIGKILL)
    with_ngrok.wait_for_log("dev      | Public URL: ", count=2)


def test_the_tunnel_ends_with_the_stack(with_ngrok: Stack) -> None:
    with_ngrok.stop()
    assert tunnel_finding(with_ngrok)["status"] == "failed"
    await_none_of(with_ngrok)


def test_the_fixed_domain_is_requested_with_a_token_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    with dev(NGROK_AUTHTOKEN_FILE=str(file), NGROK_URL="https://fixed.ngrok.app") as stack:
        stack.wait_for_log("Public URL: https://fixed.ngrok.app")
        assert TOKEN not in stack.log


def test_ngroks_refusals_are_explained_once_and_the_shop_runs() -> None:
    token = f"{TOKEN}_wrong_twice_taken"
    explained = [
        "The token is revoked or wrong. Copy NGROK_AUTHTOKEN again into .env",
        "This account has reached its limit of agents. Stop the other one",
        "The domain is in use by another agent. Stop the other agent, or remove NGROK_URL",
    ]
    with dev(NGROK_AUTHTOKEN=token) as stack:
        stack.wait_for_log("ngrok stopped with exit code 1", count=2)
        assert [stack.log.count(words) for words in explained] == [1, 1, 1]
        found = tunnel_finding(stack)
        assert found["status"] == "failed"
        assert f"{found['cause']} {found['remedy']}".startswith(explained[0])
        assert token not in stack.log
        await_page(stack, "/healthz", "ok")


def test_cloudflared_opens_a_tunnel_without_an_account_and_its_error_is_explained() -> None:
    with dev(COMPOSE_PROFILES="cloudflared", CLOUDFLARED_STANDIN_FAILS="origin") as stack:
        stack.wait_for_log("Public URL: https://four-random-words-here.trycloudflare.com", count=2)
        stack.wait_for_log("cloudflared can't reach the app")
        stack.stop()
        await_none_of(stack)


def test_cloudflares_refusal_is_explained_and_the_users_own_ngrok_left_alone() -> None:
    words = "Cloudflare rate-limits quick tunnels"
    env = {"NGROK_AUTHTOKEN": TOKEN, "NGROK_API_URL": "http://127.0.0.1:9"}
    with dev(COMPOSE_PROFILES="cloudflared", CLOUDFLARED_STANDIN_FAILS="quota", **env) as stack:
        stack.wait_for_log(words)
        assert words in tunnel_finding(stack)["cause"]
        assert "ngrok started" not in stack.log


def test_a_missing_program_is_named_with_its_download(tmp_path: Path) -> None:
    with Stack(env={"PATH": str(tmp_path), "NGROK_AUTHTOKEN": TOKEN, "COMPOSE_PROFILES": "cloudflared"}) as stack:
        for program in ("ngrok", "cloudflared"):
            stack.wait_for_log(f"{program} is enabled in .env, but is not on PATH: install it (https://")
            assert program not in stack.processes
        assert tunnel_finding(stack)["cause"] == "ngrok is enabled in .env, but is not on PATH."
