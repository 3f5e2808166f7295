"""A Docker Swarm of two nodes, set up as README.md says: the tests' engine, and another one in a network namespace.

Stripe is the emulator, in a container outside the Swarm; it delivers events to the shop's domain over https.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import stripe
import urllib3
from docker.models.containers import Container

from tests.compose.engine import HOME, Engine
from tests.scale.load import ENABLED_EVENTS
from tests.support.caddy import AUTHORITY
from tests.support.emulator import KEY
from tests.support.endpoint import SECRET, Endpoint
from tests.support.readme import commands, fill_in
from tests.support.stack import reserve_port
from tests.support.waiting import until

STACK = "shop"  # as in the README
DOMAIN = "pay.example.com"
SECTION = "From laptop to production"
SETTLED_WITHIN_S = 600.0
NAMESPACE = "scale-node"
ADDRESSES = ("10.219.0.1", "10.219.0.2")  # of the two nodes
MAILS = "/mails"
EXTRA = """
version: "3.9"
services:
  worker:
    environment: {EMAIL_URL: "filemail:///%(inside)s"}
    volumes: ["%(outside)s:%(inside)s"]
"""


class Swarm:
    """Context manager that removes everything at the end."""

    headers = {"Host": DOMAIN}

    def __init__(self, engine: Engine, folder: Path, scratch: Path, receiver: Endpoint) -> None:
        """Deploy the clone in `folder`. The shop reports changes of orders to `receiver`."""
        self.engine, self.folder, self.scratch = engine, folder, scratch
        self._reservations = [reserve_port() for _ in range(3)]
        self._http_port, self._https_port, self._emulator_port = (each.getsockname()[1] for each in self._reservations)
        self.emulator_url = f"http://{ADDRESSES[0]}:{self._emulator_port}"
        self._receiver = receiver
        self.authority = scratch / "root.crt"
        self.mails = scratch / "mails"
        self.nodes = [engine]
        self._stripe = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stripe:
            self.engine.docker("rm", "--force", "--volumes", self._stripe)
        self.leave()
        for each in self._reservations:
            each.close()

    def leave(self) -> None:
        """Leave the Swarm, which removes all services, and remove their volumes."""
        self.engine.run("docker", "swarm", "leave", "--force")
        until(lambda: not self.engine.api.containers.list(filters={"label": "com.docker.swarm.task"}), "tasks are gone")
        for volume in self.engine.api.volumes.list(filters={"label": f"com.docker.stack.namespace={STACK}"}):
            volume.remove(force=True)
        self.engine.run("docker", "network", "rm", "docker_gwbridge")

    # Setting up -----------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Type the README's commands, with this server's secrets, and wait until the shop is open."""
        self.leave()  # what an interrupted run left
        self.mails.mkdir(mode=0o777)
        self.mails.chmod(0o777)
        self.scratch.chmod(0o755)
        (self.folder / "mails.yml").write_text(EXTRA % {"outside": self.mails, "inside": MAILS})
        secrets, (*before, deploy) = commands(SECTION), commands(SECTION, block=1)
        assert "docker stack deploy" in deploy
        for line in before:
            self._type(line.replace("203.0.113.1", ADDRESSES[0]))
        self._start_stripe()
        placeholders = {"'sk_live_…'": KEY, "'whsec_…'": self._register_endpoint()}
        for line in secrets[: secrets.index("docker compose up -d --wait")]:
            self._type(fill_in(line, placeholders))
        with (self.folder / ".env").open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings(self.emulator_url, self._receiver).items())
        self._deploy = deploy.partition("#")[0].strip()
        self.deploy("shop:1")
        self.await_ready()
        self.authority.write_text(self._read_authority())

    def _type(self, line: str, **environment: str) -> None:
        done = self.engine.run("sh", "-c", line, cwd=self.folder, env=self.engine.environment | environment)
        assert done.returncode == 0, f"{line}\n{done.stdout[-1000:]}{done.stderr[-3000:]}"

    def deploy(self, image: str) -> None:
        """Type the README's last line with another image, and with what these tests need."""
        line = self._deploy.replace("shop:1", image).replace(f" {STACK}", f" --compose-file mails.yml {STACK}")
        self._type(
            line, HTTP_PORT=str(self._http_port), HTTPS_PORT=str(self._https_port), CADDY_GLOBAL_OPTIONS="local_certs"
        )

    def _start_stripe(self) -> None:
        """Start the emulator outside the Swarm: in this machine's network, where it finds the domain's port."""
        command = ["run", "--detach", "--network", "host", "--volume", f"{self.scratch}:/ca:ro"]
        command += ["--add-host", f"{DOMAIN}:{ADDRESSES[0]}", "--env", "SSL_CERT_FILE=/ca/root.crt", "shop:1"]
        command += ["python", "-m", "stripe_emulator", "--host", ADDRESSES[0], "--port", str(self._emulator_port)]
        self._stripe = self.engine.docker(*command, "--quiet")
        until(self._stripe_responds, "the emulator responds")

    def _stripe_responds(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.emulator_url}/_emulator/health", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _register_endpoint(self) -> str:
        """Register the webhook endpoint, as in Stripe's dashboard. Return its signing secret."""
        client = stripe.StripeClient(KEY, base_addresses={"api": self.emulator_url})
        url = f"https://{DOMAIN}:{self._https_port}/stripe-webhook/"
        endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ENABLED_EVENTS})
        return str(endpoint.secret)

    def _read_authority(self) -> str:
        """Return the certificate of Caddy's own authority, once it exists."""
        return until(lambda: self._caddy_file(AUTHORITY), "Caddy has a certificate")

    def _caddy_file(self, name: str) -> str:
        found = self.tasks("caddy")
        done = self.engine.run("docker", "exec", str(found[0].id), "cat", f"/data/{name}") if found else None
        return done.stdout if done and done.returncode == 0 else ""

    def connect(self, connections: int) -> urllib3.HTTPConnectionPool:
        """Return connections to the domain, from the internet."""
        return urllib3.HTTPSConnectionPool(
            "127.0.0.1", self._https_port, ca_certs=str(self.authority), server_hostname=DOMAIN, assert_hostname=DOMAIN,
            retries=False, timeout=30, maxsize=connections,
        )  # fmt: skip

    # Nodes ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def second_node(self, *images: str) -> Iterator[str]:
        """Run another engine in its own network namespace, and let it join. Yield the node's id."""
        home = HOME / "second-node"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        node = Engine(home, ("nsenter", f"--net=/run/netns/{NAMESPACE}"))
        try:
            node.start()
            for image in images:
                self._copy(image, node)
            token = self.engine.docker("swarm", "join-token", "--quiet", "worker")
            node.docker("swarm", "join", "--token", token, "--advertise-addr", ADDRESSES[1], f"{ADDRESSES[0]}:2377")
            self.nodes.append(node)
            node_id = node.docker("info", "--format", "{{.Swarm.NodeID}}")
            yield node_id
            node.run("docker", "swarm", "leave", "--force")
            until(lambda: not node.api.containers.list(ignore_removed=True), "its tasks are gone")
        finally:
            self.nodes = [self.engine]
            if node.daemon:
                node.stop()
            shutil.rmtree(home, ignore_errors=True)

    def _copy(self, image: str, node: Engine) -> None:
        with subprocess.Popen(["docker", "save", image], env=self.engine.environment, stdout=subprocess.PIPE) as saved:
            node.docker("load", "--quiet", stdin=saved.stdout)

    # Services -------------------------------------------------------------------------------------------------------

    def tasks(self, service: str) -> list[Container]:
        """Return the service's running containers, on all nodes."""
        label = f"com.docker.swarm.service.name={STACK}_{service}"
        return [
            each
            for node in self.nodes
            for each in node.api.containers.list(filters={"label": label, "status": "running"}, ignore_removed=True)
        ]

    def healthy(self, service: str) -> list[Container]:
        """Return its containers that are healthy."""
        return [
            each for each in self.tasks(service) if each.attrs["State"].get("Health", {}).get("Status") == "healthy"
        ]

    def service(self, name: str) -> dict[str, Any]:
        [found] = json.loads(self.engine.docker("service", "inspect", f"{STACK}_{name}"))
        attributes: dict[str, Any] = found
        return attributes

    def images(self, name: str) -> set[str]:
        """Return the tags of the images that its running tasks have."""
        return {str(each.attrs["Config"]["Image"]).partition("@")[0] for each in self.tasks(name)}

    def update_state(self, name: str) -> str:
        """Return the state of its last update: updating, completed, rollback_completed, …"""
        return str(self.service(name).get("UpdateStatus", {}).get("State", ""))

    def replicas(self, name: str) -> int:
        return int(self.service(name)["Spec"]["Mode"]["Replicated"]["Replicas"])

    def await_ready(self) -> None:
        """Wait until each service has as many healthy tasks as it should, and no other."""
        until(lambda: self.is_complete, "all tasks are healthy", within=SETTLED_WITHIN_S)

    @property
    def is_complete(self) -> bool:
        return all(map(self._is_complete, ("db", "caddy", "app", "worker")))

    def _is_complete(self, name: str) -> bool:
        return len(self.healthy(name)) == len(self.tasks(name)) == self.replicas(name)

    def kill(self, service: str) -> None:
        """End one of its containers' processes with SIGKILL."""
        os.kill(self.tasks(service)[0].attrs["State"]["Pid"], signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py ARGUMENTS` in the app. Return its output."""
        return self.engine.docker("exec", str(self.healthy("app")[0].id), "python", "manage.py", *arguments)

    def logs(self) -> str:
        """Return the state of all tasks, and the last lines of each service."""
        shown = self.engine.run("docker", "stack", "ps", "--no-trunc", STACK).stdout
        for name in ("migrate", "app", "worker", "caddy", "db"):
            log = self.engine.run("docker", "service", "logs", "--tail", "30", f"{STACK}_{name}")
            shown += f"\n── {name}\n{log.stdout}{log.stderr}"
        return shown


def settings(emulator_url: str, receiver: Endpoint) -> dict[str, str]:
    """Return what buyers on one address need, and what makes the tests shorter than the defaults would."""
    return {
        "STRIPE_API_BASE": emulator_url,
        "CHECKOUTS_PER_MINUTE": "0",
        "CATCH_UP_INTERVAL": "5",
        "FULFILLMENT_LEASE": "15",
        "ORDER_WEBHOOK_URL": receiver.url,
        "ORDER_WEBHOOK_SECRET": SECRET,
        "ORDER_WEBHOOK_ALLOW_PRIVATE": "1",
    }


@contextmanager
def network() -> Iterator[None]:
    """Connect this machine's network and the second node's namespace with a cable."""
    subprocess.run(["ip", "netns", "delete", NAMESPACE], check=False, capture_output=True)
    ours, theirs = ADDRESSES
    for line in (
        f"ip netns add {NAMESPACE}",
        f"ip link add scale0 type veth peer name eth0 netns {NAMESPACE}",
        f"ip address add {ours}/24 dev scale0",
        "ip link set scale0 up",
        f"ip -n {NAMESPACE} address add {theirs}/24 dev eth0",
        f"ip -n {NAMESPACE} link set eth0 up",
        f"ip -n {NAMESPACE} link set lo up",
        f"ip -n {NAMESPACE} route add default via {ours}",
    ):
        subprocess.run(line.split(), check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=False)
        subprocess.run(["ip", "link", "delete", "scale0"], check=False, capture_output=True)
