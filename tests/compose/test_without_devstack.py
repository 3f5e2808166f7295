"""The production image can omit the developer tools; nothing that serves buyers needs them."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.compose.engine import Engine
from tests.compose.stack import ROOT
from tests.support.waiting import until

START = (
    "python -m app.config.prepare && exec gunicorn --config app/config/gunicorn.conf.py --bind :8000 app.config.wsgi"
)
STATUS = """
from http.client import HTTPConnection
server = HTTPConnection("localhost", 8000)
server.request("GET", {!r})
print(server.getresponse().status)
"""


@pytest.fixture(scope="module")
def container(engine: Engine) -> Iterator[str]:
    """A ready server of that image, on SQLite."""
    tag = name = f"without-devstack-{os.getpid()}"
    arguments = ["--build-arg", "DEVSTACK=0", "--build-arg", "APP_VERSION=1.2.3", "--build-arg", "APP_REVISION=abc123"]
    engine.docker("build", "--quiet", *arguments, "--tag", tag, ROOT)
    engine.docker(
        "run", "--detach", "--name", name, "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/data:uid=10001,mode=0700",
        "--env", f"STRIPE_WEBHOOK_SECRET=whsec_{'0' * 32}", "--env", "CONSOLE=1", tag, "sh", "-c", START,
    )  # fmt: skip
    try:
        until(
            lambda: execute(engine, name, "scripts/probe", "http", "8000", "/readyz") is not None, "the server is ready"
        )
        yield name
    finally:
        engine.docker("rm", "--force", name)
        engine.docker("rmi", "--force", tag)


def execute(engine: Engine, name: str, *command: str) -> str | None:
    """Run the command in the container. Return its output, or None if it fails."""
    done = engine.run("docker", "exec", name, *command)
    return done.stdout.strip() if done.returncode == 0 else None


def test_the_image_has_no_devstack(engine: Engine, container: str) -> None:
    assert execute(engine, container, "ls", "app/devstack") is None
    assert execute(engine, container, "ls", "app/payments") is not None


def test_the_labels_name_version_and_revision(engine: Engine, container: str) -> None:
    labels = json.loads(engine.docker("inspect", container))[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "abc123"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", "200"),
        ("/api/products/", "200"),
        ("/admin/login/", "200"),
        ("/console/", "404"),
        ("/c/pay/cs_test_1", "404"),
    ],
)
def test_pages_for_buyers_and_admins_work(engine: Engine, container: str, path: str, status: str) -> None:
    assert execute(engine, container, "python", "-c", STATUS.format(path)) == status
