"""`/api/openapi.json` as clients use it: generators, the typed client and the recipes in examples/typescript."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.cli.installed import not_here, npm_project
from tests.clients.clients import PROGRAMS
from tests.support.emulator import KEY
from tests.support.environments import NotInstalledError, python_with
from tests.support.stack import ROOT, Stack

pytestmark = pytest.mark.cli

EXAMPLES = ROOT / "examples" / "typescript"
GENERATOR = "openapi-python-client==0.29.1"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program and return its output; AssertionError with the output if it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """A copy of examples/typescript with its packages."""
    if not (shutil.which("node") and shutil.which("npm")):
        not_here("no Node.js or no npm (Debian, Ubuntu: apt install npm)")
    with tempfile.TemporaryDirectory(dir=npm_project(EXAMPLES / "package.json")) as folder:
        shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        yield Path(folder)


@pytest.fixture(scope="module")
def document(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The running app's OpenAPI document."""
    file = tmp_path_factory.mktemp("api") / "openapi.json"
    file.write_bytes(urllib3.request("GET", f"{stack.url}/api/openapi.json").data)
    return file


def pay(stack: Stack, checkout_url: str) -> None:
    session_id = checkout_url.rpartition("/")[2]
    api = f"{stack.emulator_url}/v1/payment_pages/{session_id}/confirm"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = urllib3.request("POST", api, body="payment_method=pm_card_visa", headers=headers)
    assert answer.status == 200, answer.data


def test_documented_calls_compile_with_generated_types(project: Path, document: Path) -> None:
    tools = project.parent / "node_modules" / ".bin"
    run(tools / "openapi-typescript", document, "--output", project / "api.d.ts", cwd=project)
    shutil.copy(PROGRAMS / "contract.ts", project)
    # Everything: the recipes, the client, and the comparison of its types with the generated ones.
    run(tools / "tsc", "--noEmit", cwd=project)


def test_the_typed_client_buys(project: Path, stack: Stack) -> None:
    tools = project.parent / "node_modules" / ".bin"
    built = project / "built"
    options = ("--strict", "--target", "ES2022", "--module", "ESNext", "--moduleResolution", "bundler")
    run(tools / "tsc", "payments.ts", *options, "--skipLibCheck", "--outDir", built, cwd=project)
    program = ["node", str(PROGRAMS / "typed_client.mjs"), str(built / "payments.js"), stack.url]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        pay(stack, running.stdout.readline().strip())
        lines = running.stdout.read().split("\n")
    assert running.returncode == 0
    assert lines[-3:] == ["paid", "$20.00 cart-17 42", ""], lines


def test_a_generated_python_client_buys(document: Path, stack: Stack, tmp_path: Path) -> None:
    try:
        python = python_with("openapi-python-client", [GENERATOR])
    except NotInstalledError as error:
        not_here(str(error))
    generate = ("generate", "--path", document, "--meta", "none", "--output-path", tmp_path / "client")
    programs = Path(python).parent
    path = f"PATH={programs}{os.pathsep}{os.environ['PATH']}"  # it formats its output with its own ruff
    run("env", path, programs / "openapi-python-client", *generate, "--fail-on-warning", cwd=tmp_path)
    run(python, "-m", "compileall", "-q", tmp_path / "client", cwd=tmp_path)
    assert run(python, PROGRAMS / "generated_client.py", tmp_path, stack.url, cwd=tmp_path) == "pending\n"
