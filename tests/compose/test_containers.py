"""Containers: their rights, their cost, and the secrets that they must not reveal."""

import json
import time
from typing import Any

import pytest

from tests.compose.stack import SERVICES, ComposeStack

IMAGE_LIMIT = 140  # MB on top of the base image


@pytest.fixture(params=[*SERVICES, "migrate"])
def container(request: pytest.FixtureRequest, stack: ComposeStack) -> dict[str, Any]:
    return stack.inspect(request.param)


def test_the_container_is_locked_down(container: dict[str, Any]) -> None:
    host = container["HostConfig"]
    assert container["Config"]["User"] not in ("", "root", "0")
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]


def test_the_container_has_resource_limits(container: dict[str, Any]) -> None:
    host = container["HostConfig"]
    assert 0 < host["Memory"] <= 1024**3
    assert 0 < host["PidsLimit"] <= 1024
    assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}


PUBLISHED = {"db": "127.0.0.1", "ngrok": "127.0.0.1", "app": "0.0.0.0", "stripe-emulator": "0.0.0.0"}


@pytest.mark.parametrize(("service", "address"), PUBLISHED.items())
def test_the_service_listens_on_its_address(stack: ComposeStack, service: str, address: str) -> None:
    ports = stack.inspect(service)["NetworkSettings"]["Ports"].values()
    addresses = {binding["HostIp"] for bindings in ports for binding in bindings or []}
    assert addresses - {"::"} == {address}


def test_no_other_port_is_published(stack: ComposeStack) -> None:
    services = json.loads(stack.compose("--profile", "*", "config", "--format", "json"))["services"]
    ports = {name: len(service.get("ports", [])) for name, service in services.items()}
    assert {name: number for name, number in ports.items() if number} == dict.fromkeys(PUBLISHED, 1)


@pytest.mark.parametrize("service", ["ngrok", "stripe-cli", "stripe-emulator"])
def test_the_service_can_not_reach_the_database(stack: ComposeStack, service: str) -> None:
    networks = [set(stack.inspect(name)["NetworkSettings"]["Networks"]) for name in ("db", service)]
    assert not set.intersection(*networks)


def test_the_image_has_only_our_languages(stack: ComposeStack) -> None:
    found = stack.execute("app", "find", "/venv", "/srv/app", "-name", "*.mo").split()
    assert {path.split("/locale/")[1].split("/")[0] for path in found} == {"en", "de", "es"}
    assert "/srv/app/app/locale/de/LC_MESSAGES/django.mo" in found


def test_the_webhook_secret_is_not_revealed(stack: ComposeStack) -> None:
    secret = stack.execute("stripe-cli", "cat", "/run/webhook-secret/secret")
    assert secret.startswith("whsec_")
    assert "whsec_" not in stack.logs()
    for service in SERVICES:
        assert secret not in json.dumps(stack.inspect(service))
    assert stack.execute("stripe-cli", "stat", "-c", "%a %u", "/run/webhook-secret/secret") == "600 10001"
    assert stack.execute("stripe-cli", "grep", "-c", "^tmpfs /run/webhook-secret ", "/proc/mounts") == "1"


def test_the_image_has_no_secrets_or_build_tools(stack: ComposeStack) -> None:
    image = stack.inspect("app")["Image"]
    history = stack.engine.docker("history", "--no-trunc", image)
    assert "whsec_" not in history
    assert "sk_test_" not in history
    unwanted = "-name .env -o -name secret_key -o -name .git -o -name gcc -type f -o -path */.cache/pip"
    find = ["find", "/", "-xdev", "(", *unwanted.split(), ")", "-print"]
    assert stack.compose("exec", "-T", "--user", "root", "app", *find) == ""
    assert stack.execute("app", "find", "/srv/app", "-writable") == "", "the code must be read-only"
    labels = json.loads(stack.engine.docker("inspect", image))[0]["Config"]["Labels"]
    assert {"org.opencontainers.image.title", "org.opencontainers.image.licenses"} <= labels.keys()


def test_the_image_is_small(stack: ComposeStack) -> None:
    sizes = [json.loads(stack.engine.docker("inspect", name))[0]["Size"] for name in
             (stack.inspect("app")["Image"], "python:3.13-slim-trixie")]  # fmt: skip
    ours = (sizes[0] - sizes[1]) / 1e6
    print(f"image: {sizes[0] / 1e6:.0f} MB, {ours:.0f} MB of it ours")  # noqa: T201
    assert ours < IMAGE_LIMIT


def test_the_services_share_one_image(stack: ComposeStack) -> None:
    assert len({stack.inspect(name)["Image"] for name in ("app", "worker", "migrate", "stripe-emulator")}) == 1


def test_ngrok_without_a_token_uses_no_cpu(stack: ComposeStack) -> None:
    [line] = stack.logs("ngrok").splitlines()
    assert "NGROK_AUTHTOKEN" in line
    assert "docker compose up -d" in line
    before, started = cpu_seconds(stack), time.monotonic()
    time.sleep(12)  # longer than one health-check interval
    share = (cpu_seconds(stack) - before) / (time.monotonic() - started)
    print(f"idle ngrok: {share:.2%} of a core")  # noqa: T201
    assert share < 0.02


def cpu_seconds(stack: ComposeStack) -> float:
    """Return the container's CPU time in seconds, from its control group (version 1 or 2)."""
    version_1 = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null"
    version_2 = "sed -n 's/^usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat"
    return int(stack.execute("ngrok", "sh", "-c", f"{version_1} || {version_2}")) / 1e9


def test_manage_py_works_as_documented(stack: ComposeStack) -> None:
    assert "[X] 0001_squashed_0018_lease" in stack.execute("app", "python", "manage.py", "showmigrations", "payments")


def test_normal_work_causes_no_errors_in_the_database(stack: ComposeStack) -> None:
    stack.await_paid(stack.buy())
    assert " ERROR: " not in stack.logs("db")
