"""deploy/swarm/stack.yml, as text; tests/scale runs it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.stack import ROOT

FOLDER = ROOT / "deploy/swarm"
KUBERNETES = ROOT / "deploy/kubernetes/base/settings.env"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
STACK: dict[str, Any] = yaml.safe_load((FOLDER / "stack.yml").read_text())


@pytest.mark.parametrize("name", STACK["configs"])
def test_a_configs_name_changes_with_its_file(name: str) -> None:
    """Swarm refuses to change a config, so a deployment would fail after an edit of its file."""
    config = STACK["configs"][name]
    content = (FOLDER / Path(config["file"])).read_bytes()
    assert config["name"].endswith(f"_{hashlib.sha256(content).hexdigest()[:8]}"), "update deploy/swarm/stack.yml"


def test_images_are_those_of_compose() -> None:
    server = yaml.load((ROOT / "deploy/caddy/compose.yml").read_text(), Loader=Lenient)
    assert STACK["services"]["db"]["image"] == COMPOSE["services"]["db"]["image"]
    assert STACK["services"]["caddy"]["image"] == server["services"]["caddy"]["image"]


def test_only_the_proxy_is_published() -> None:
    """No port that is local in docker-compose.yml is public here."""
    published = {
        (name, port["target"]) for name, service in STACK["services"].items() for port in service.get("ports", [])
    }
    assert published == {("caddy", 80), ("caddy", 443)}


def test_no_secret_is_in_a_services_settings() -> None:
    names = {each.upper() for each in STACK["secrets"]}
    for name in ("app", "worker", "migrate"):
        service = STACK["services"][name]
        assert {each["source"] for each in service["secrets"]} == STACK["secrets"].keys()
        assert {f"{each}_FILE" for each in names} <= service["environment"].keys()
        assert not names & service["environment"].keys()


@pytest.mark.parametrize("name", ["app", "worker"])
def test_a_slow_task_is_not_replaced_at_once(name: str) -> None:
    """Swarm replaces unhealthy tasks: on an overloaded server, one after the other."""
    health = STACK["services"][name]["healthcheck"]
    assert health["retries"] >= 3
    assert "/readyz" not in health["test"][-1]  # a task that was ready stays while its database is down


def test_replicas_do_not_open_checkout_sessions_at_start() -> None:
    settings = dict(line.split("=", 1) for line in KUBERNETES.read_text().splitlines() if "=" in line)
    assert STACK["services"]["app"]["environment"]["DOCTOR_AT_START"] == int(settings["DOCTOR_AT_START"]) == 0


class Lenient(yaml.SafeLoader):
    """Reads Compose's own tags (`!reset`, `!override`) as null."""


Lenient.add_multi_constructor("!", lambda loader, suffix, node: None)
