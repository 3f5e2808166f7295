"""The doctor and the console in Docker, where a container must recognize requests from this PC."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.compose.stack import SERVICES, ComposeStack

FETCH = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={"Host": "localhost"})).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def doctor(stack: ComposeStack) -> dict[str, Any]:
    """Run `./scripts/doctor --json`. Return its findings."""
    printed = stack.run("./scripts/doctor", "--json").stdout
    return {finding["check"]: finding for finding in json.loads(printed)["findings"]}


@contextmanager
def stopped(stack: ComposeStack, service: str) -> Iterator[None]:
    """Stop the service for the block, then start it as the doctor advises."""
    stack.compose("stop", "--timeout", "5", service)
    yield
    stack.compose("up", "-d", service)
    stack.await_health("healthy", *SERVICES)


def test_everything_works_and_is_logged(stack: ComposeStack) -> None:
    assert [finding for finding in doctor(stack).values() if finding["status"] == "failed"] == []
    log = stack.logs("app")
    assert f"http://localhost:{stack.ports['PORT']}/console/" in log
    assert f"http://<this PC's address>:{stack.ports['PORT']}" in log


def test_the_log_says_how_to_create_an_admin(stack: ComposeStack) -> None:
    log = stack.logs("app")
    assert f"Ready: {stack.url}\n" in log
    told = re.search(r"Admin +\S+/admin/ \(to create a user: (docker compose exec) (app .+)\)", log)
    assert told
    password = ["-T", "-e", "DJANGO_SUPERUSER_PASSWORD=made-up-word"]
    name = ["--noinput", "--username", "ann", "--email", "ann@example.com"]
    made = stack.run(*told[1].split(), *password, *told[2].split(), *name)
    assert made.returncode == 0, made.stderr
    code = (
        "from django.contrib.auth import authenticate as log_in; print(log_in(username='ann', password='made-up-word'))"
    )
    assert stack.execute("app", "python", "manage.py", "shell", "-c", code).endswith("ann")


def test_only_this_pc_reaches_the_console(stack: ComposeStack) -> None:
    assert stack.get("/console/").status == 200
    assert stack.get("/console/", Host="192.168.1.20").status == 404
    for path, status in (("/console/", "404"), ("/healthz", "200")):
        assert stack.execute("stripe-emulator", "python", "-c", FETCH, f"http://app:8000{path}") == status


@pytest.mark.parametrize(
    ("service", "check", "remedy"),
    [
        ("stripe-cli", "round_trip", "docker compose up -d stripe-cli"),
        ("db", "database", "docker compose up -d db"),
        ("stripe-emulator", "key", "docker compose up -d stripe-emulator"),
    ],
)
def test_a_stopped_service_is_named_with_its_fix(stack: ComposeStack, service: str, check: str, remedy: str) -> None:
    with stopped(stack, service):
        found = doctor(stack)
    assert found[check]["status"] == "failed"
    assert remedy in found[check]["remedy"]


@pytest.fixture(scope="module")
def refused(stack: ComposeStack) -> Iterator[ComposeStack]:
    """A stack whose .env prevents the start."""
    yield stack
    stack.set_env()
    stack.up()


def test_a_key_that_prevents_the_start_is_named(refused: ComposeStack) -> None:
    stack = refused
    stack.set_env(STRIPE_SECRET_KEY="sk_live_abcdefgh1234")
    stack.run("docker", "compose", "up", "--detach")
    found = doctor(stack)
    assert "live key" in found["settings"]["cause"]
    assert "sk_test_" in found["settings"]["remedy"]


def test_an_ambiguous_env_line_prevents_the_start(refused: ComposeStack) -> None:
    stack = refused
    (stack.folder / ".env").write_text("# the shop\nPRODUCT_NAME=Tea for $two\n")
    started = stack.run("docker", "compose", "up", "--detach")
    log, found = stack.logs("migrate"), doctor(stack)
    assert started.returncode != 0
    assert "PRODUCT_NAME on line 2 of .env has a $" in log
    assert "single quotes" in log
    assert "PRODUCT_NAME on line 2 of .env has a $" in found["settings"]["cause"]
