"""Run one installation as a user does: a clone, a project name, free ports, and `docker compose` in that folder."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import urllib3
from docker.models.containers import Container

from tests.compose.engine import Engine
from tests.support.stack import reserve_port
from tests.support.waiting import WITHIN_S, until

ROOT = Path(__file__).resolve().parents[2]
STRIPE_KEY = "sk_test_compose1234"
SERVICES = ["db", "app", "worker", "stripe-emulator", "stripe-cli", "ngrok"]  # the long-running ones

T = TypeVar("T")

_http = urllib3.PoolManager(retries=False, timeout=10)


def clone(into: Path) -> Path:
    """`git clone` the committed files; uncommitted changes are not included."""
    subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", into], check=True, capture_output=True)
    return into


def eventually(what: str, ask: Callable[[], T], *, within: float = WITHIN_S) -> T:
    """Poll `ask` and return its first true value; raise AssertionError with the last one after the timeout."""
    return until(ask, what, within=within)


class ComposeStack:
    """Context manager that removes the whole installation at the end."""

    def __init__(self, engine: Engine, folder: Path, name: str) -> None:
        self.engine, self.folder, self.name = engine, folder, name
        self._ports = ExitStack()
        names = ("PORT", "EMULATOR_PORT", "NGROK_INSPECTOR_PORT", "HTTP_PORT", "HTTPS_PORT")
        self.ports = {each: self._ports.enter_context(reserve_port()).getsockname()[1] for each in names}
        app, emulator = self.ports["PORT"], self.ports["EMULATOR_PORT"]
        self.url, self.emulator_url = f"http://localhost:{app}", f"http://localhost:{emulator}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind and (artifacts := os.environ.get("COMPOSE_TESTS_LOGS")):
            Path(artifacts).write_text(self.logs())
        self.compose("--profile", "*", "down", "--volumes", "--rmi", "local", "--timeout", "5")
        self._ports.close()

    # docker compose -------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The environment of `docker compose`; the ports are set here, so that .env belongs to the test."""
        ports = {name: str(port) for name, port in self.ports.items()}
        return self.engine.environment | ports | {"COMPOSE_PROJECT_NAME": self.name}

    def run(self, *command: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def compose(self, *arguments: str) -> str:
        """Run `docker compose ARGUMENTS` and return its output; on failure, show its errors and the containers'."""
        result = self.run("docker", "compose", *arguments)
        if result.returncode:
            raise AssertionError(f"docker compose {' '.join(arguments)}\n{result.stderr[-2000:]}\n{self.errors()}")
        return result.stdout.strip()

    def up(self, *options: str) -> float:
        """Run `docker compose up --wait`. Return the duration in seconds."""
        started = time.monotonic()
        self.compose("up", "--wait", *options)
        return time.monotonic() - started

    def set_env(self, **settings: str) -> None:
        """Write .env, or delete it if there are no settings."""
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (self.folder / ".env").write_text("".join(lines)) if lines else (self.folder / ".env").unlink(missing_ok=True)

    def logs(self, *services: str) -> str:
        return self.run("docker", "compose", "logs", "--no-color", "--no-log-prefix", *services).stdout

    def execute(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    # Containers -----------------------------------------------------------------------------------------------------

    def errors(self) -> str:
        """Return the state and the log of each unhealthy container."""
        found = []
        for name in [*SERVICES, "migrate"]:
            for container in self.containers(name):
                state = container.attrs["State"]
                if state["ExitCode"] or state.get("Health", {}).get("Status") not in (None, "healthy"):
                    found += [f"{name}: {json.dumps(state)[-1000:]}", self.logs("--tail", "20", name)]
        return "\n".join(found)

    def container(self, service: str) -> Container:
        [found] = self.containers(service)
        return found

    def containers(self, service: str) -> list[Container]:
        """Return the service's containers, stopped ones included, but not those of `docker compose run`."""
        labels = {"project": self.name, "service": service, "oneoff": "False"}
        wanted = [f"com.docker.compose.{name}={value}" for name, value in labels.items()]
        return self.engine.api.containers.list(all=True, filters={"label": wanted})

    def inspect(self, service: str) -> dict[str, Any]:
        attributes: dict[str, Any] = self.container(service).attrs
        return attributes

    def health(self, service: str) -> str:
        """Return starting, healthy or unhealthy; for a stopped container, its state."""
        state = self.inspect(service)["State"]
        return str(state["Health"]["Status"] if state["Running"] else state["Status"])

    def await_health(self, wanted: str, *services: str, within: float = WITHIN_S) -> None:
        for service in services:
            eventually(f"{service} {wanted}", lambda name=service: self.health(name) == wanted, within=within)  # type: ignore[misc]

    def processes(self, service: str, command: str) -> list[int]:
        """Return the host's pids of a container's processes whose command line contains `command`."""
        found = self.container(service).top(ps_args="-eo pid,args")["Processes"]
        return [int(pid) for pid, arguments in found if command in arguments]

    # The shop -------------------------------------------------------------------------------------------------------

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return _http.request("GET", self.url + path, headers=headers)

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/orders/{order_id}/").json()
        return found

    def check_out(self, key: str = "") -> tuple[str, str]:
        """Create an order. Return its id and its Checkout Session's; a repeated `key` returns the same ones."""
        answer = _http.request("POST", f"{self.url}/api/checkout/", headers={"Idempotency-Key": key} if key else {})
        assert answer.status == 200, answer.data
        made = answer.json()
        return made["order_id"], made["checkout_url"].split("/c/pay/")[1].split("#")[0]

    def pay_at_stripe(self, session: str, url: str = "") -> None:
        """Pay a session once, as the hosted page does."""
        api = f"{url or self.emulator_url}/v1/payment_pages/{session}/confirm"
        headers = {"Authorization": f"Bearer {STRIPE_KEY}"}
        fields = {"payment_method": "pm_card_visa"}
        answer = _http.request_encode_body("POST", api, fields, headers, encode_multipart=False)
        already_paid = answer.status == 400 and b"complete" in answer.data
        assert answer.status == 200 or already_paid, answer.data

    def buy(self) -> str:
        """Check out and pay. Return the order's id."""
        order, session = self.check_out()
        self.pay_at_stripe(session)
        return order

    def await_paid(self, order_id: str, within: float = WITHIN_S) -> None:
        eventually(f"order {order_id} is paid", lambda: self.order(order_id)["status"] == "paid", within=within)
