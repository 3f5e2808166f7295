"""Run deploy/kubernetes in a real Kubernetes under load: a rollout with a migration, killed pods, a new secret.

Needs root, and Debian's Docker engine (apt install docker.io). The first run builds Kubernetes 1.20 from Debian's
source package, which takes about 20 minutes. Prints the table of docs/scaling.md.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import stripe
import urllib3
import yaml

from tests.chaos.ledger import Sent, reconcile
from tests.compose.engine import Engine, running_engine
from tests.compose.images import BASE, POSTGRES, make_images
from tests.kubernetes.cluster import NODE, PAUSE, Cluster, build
from tests.scale.images import MIGRATED, MIGRATION, build_image
from tests.scale.load import ENABLED_EVENTS, Buyers, Measured, table
from tests.scale.swarm import settings
from tests.support.emulator import KEY
from tests.support.endpoint import Endpoint, endpoint_running
from tests.support.readme import fill_in
from tests.support.stack import ROOT, reserve_port
from tests.support.waiting import until
from tests.system.docs.steps import blocks

GUIDE = ROOT / "docs/scaling.md"
# What Kubernetes 1.20 lacks: newer versions of two APIs.
OLDER_APIS = {"autoscaling/v2": "autoscaling/v2beta2", "policy/v1": "policy/v1beta1"}
WITHIN_S = 600.0
FIRST_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0"  # replaced by that of the endpoint
UNRELATED_EVENT = {
    "id": "evt_unrelated",
    "object": "event",
    "type": "product.created",
    "created": 1,
    "livemode": False,
    "data": {"object": {"id": "prod_unrelated", "object": "product"}},
}
HOLD = f"""FROM {BASE}
CMD ["sh", "-c", "trap exit TERM; sleep infinity & wait"]
"""


class Shop:
    """The shop in a cluster; its Postgres and its Stripe are containers beside it, whose addresses need no DNS."""

    # A Service balances connections, so each request is a new one.
    headers = {"Host": "pay.example.com", "Connection": "close"}

    def __init__(self, cluster: Cluster, engine: Engine, folder: Path, receiver: Endpoint) -> None:
        self.cluster, self.engine, self.folder, self._receiver = cluster, engine, folder, receiver
        self.manifests = folder / "deploy/kubernetes"
        self.mails = folder / "mails"
        self.sent = Sent(self.mails, lambda: receiver.received)
        self._reservation = reserve_port()
        self.emulator_port = self._reservation.getsockname()[1]
        self.emulator_url = f"http://{NODE}:{self.emulator_port}"
        self.mails.mkdir()
        self.mails.chmod(0o777)
        shutil.copytree(ROOT / "deploy/kubernetes", self.manifests)

    def set_up(self) -> None:
        """Type the commands of docs/scaling.md, with a Postgres that exists."""
        roles = f"{ROOT}/scripts/postgres-roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro"
        options = ["--env", "POSTGRES_DB=app", "--env", "POSTGRES_PASSWORD=removed", "--volume", roles]
        postgres = self.start(POSTGRES, *options)
        emulator = ["python", "-m", "stripe_emulator", "--host", NODE, "--port", str(self.emulator_port), "--quiet"]
        self.start("shop:1", "--network", "host", command=emulator)
        until(self._stripe_responds, "the emulator responds")
        secrets, _ = blocks(GUIDE, "Kubernetes", "sh")
        secrets = fill_in(secrets, {"'sk_live_…'": KEY, "'whsec_…'": FIRST_SECRET})
        subprocess.run(["sh", "-ec", secrets], cwd=self.folder, check=True)
        (self.manifests / "base/secrets/database_url").write_text(f"postgres://app:app@{postgres}:5432/app")
        with (self.manifests / "base/settings.env").open("a") as file:
            own = settings(self.emulator_url, self._receiver) | {"EMAIL_URL": "filemail:////mails"}
            file.writelines(f"{name}={value}\n" for name, value in own.items())
        self.apply("1")
        self.await_ready()
        self.address = self.cluster.get("service", "app")["spec"]["clusterIP"]

    def start(self, image: str, *options: str, command: list[str] | None = None) -> str:
        """Start a container beside the cluster. Return its address."""
        name = self.engine.docker("run", "--detach", "--label", "kubernetes-tests", *options, image, *(command or []))
        [found] = json.loads(self.engine.docker("inspect", name))
        return str(found["NetworkSettings"]["IPAddress"])

    def stop(self) -> None:
        """Remove the containers beside the cluster."""
        for container in self.engine.api.containers.list(all=True, filters={"label": "kubernetes-tests"}):
            container.remove(force=True, v=True)

    def apply(self, tag: str) -> None:
        """Render with the pinned kubectl, adapt it to version 1.20, and apply it, as docs/scaling.md says."""
        file = self.manifests / "base/kustomization.yaml"
        image = f'newName: shop, newTag: "{tag}"'
        file.write_text(re.sub(r'newName: \S+, newTag: "\w+"', image, file.read_text()))
        kubectl = Path(sys.executable).parent / "kubectl"
        command: list[str | Path] = [kubectl, "kustomize", file.parent]
        rendered = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        self.cluster.kubectl("--namespace", "shop", "delete", "job", "migrate", "--ignore-not-found")
        self.cluster.kubectl("apply", "--filename", "-", text=adapted(rendered, self.mails))

    def await_ready(self) -> None:
        """Wait until the job is done, and every pod of the latest version is ready, and no other is left."""

        def is_ready(name: str) -> bool:
            deployment = self.cluster.get("deployment", name)
            found, wanted = deployment["status"], deployment["spec"]["replicas"]
            same = deployment["metadata"]["generation"] == found.get("observedGeneration")
            counts = [found.get(each, 0) for each in ("replicas", "updatedReplicas", "readyReplicas")]
            return bool(same and wanted >= (3 if name == "app" else 2) and counts == [wanted] * 3)

        def is_alone(name: str) -> bool:
            return len(self.pods(name)) == int(self.cluster.get("deployment", name)["spec"]["replicas"])

        def job_is_done() -> bool:
            return bool(self.cluster.get("job", "migrate")["status"].get("succeeded") == 1)

        until(job_is_done, "it is migrated", within=WITHIN_S)
        for name in ("app", "worker"):
            until(lambda name=name: is_ready(name), f"{name} is ready", within=WITHIN_S)  # type: ignore[misc]
            until(lambda name=name: is_alone(name), f"old pods of {name} are gone", within=WITHIN_S)  # type: ignore[misc]

    def pods(self, name: str) -> list[Any]:
        found: list[Any] = self.cluster.get("pods", "--selector", f"app.kubernetes.io/name={name}")["items"]
        return found

    def kill(self, name: str) -> None:
        """End the processes of one pod's container with SIGKILL."""
        container = self.pods(name)[0]["status"]["containerStatuses"][0]["containerID"].removeprefix("docker://")
        os.kill(self.engine.api.containers.get(container).attrs["State"]["Pid"], signal.SIGKILL)

    def connect(self, connections: int) -> urllib3.HTTPConnectionPool:
        """Return connections to the Service."""
        return urllib3.HTTPConnectionPool(self.address, 80, retries=False, timeout=30, maxsize=connections)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py ARGUMENTS` in a pod. Return its output."""
        pod = self.pods("app")[0]["metadata"]["name"]
        return self.cluster.kubectl("--namespace", "shop", "exec", pod, "--", "python", "manage.py", *arguments)

    def register_endpoint(self) -> str:
        """Register the webhook endpoint, as in Stripe's dashboard. Return its signing secret."""
        client = stripe.StripeClient(KEY, base_addresses={"api": self.emulator_url})
        url = f"http://{self.address}/stripe-webhook/"
        return str(client.v1.webhook_endpoints.create({"url": url, "enabled_events": ENABLED_EVENTS}).secret)

    def _stripe_responds(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.emulator_url}/_emulator/health", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def accepts(self, secret: str) -> bool:
        """Return whether all pods accept an event that is signed with this secret."""
        body = json.dumps(UNRELATED_EVENT)
        signature = stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()))
        headers = {"Stripe-Signature": signature}
        urls = [f"http://{pod['status']['podIP']}:8000/stripe-webhook/" for pod in self.pods("app")]
        return all(urllib3.request("POST", url, body=body, headers=headers).status == 200 for url in urls)

    def restarts(self) -> dict[str, int]:
        """Return how often each of the app's pods was restarted."""
        pods = self.pods("app")
        return {pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods}


def adapted(rendered: str, mails: Path) -> str:
    """Return the manifests as version 1.20 reads them, with a folder for the emails of the workers."""
    objects = list(yaml.safe_load_all(rendered))
    for each in objects:
        each["apiVersion"] = OLDER_APIS.get(each["apiVersion"], each["apiVersion"])
        if (each["kind"], each["metadata"]["name"]) == ("Deployment", "worker"):
            pod = each["spec"]["template"]["spec"]
            pod["volumes"].append({"name": "mails", "hostPath": {"path": str(mails)}})
            pod["containers"][0]["volumeMounts"].append({"name": "mails", "mountPath": "/mails"})
    return yaml.safe_dump_all(objects)


@contextmanager
def story(shop: Shop, rate: float, name: str, found: list[Measured], orders: list[str]) -> Iterator[None]:
    """Let buyers arrive before, during and after the block."""
    print(f"… {name}", flush=True)
    with Buyers(shop, rate, name) as buyers:
        time.sleep(5)
        yield
        shop.await_ready()
        time.sleep(5)
    assert not buyers.gave_up, buyers.gave_up
    found.append(buyers.measured)
    orders += buyers.orders


def play(shop: Shop, rate: float) -> bool:
    """Play all stories and print the result. Return whether everything is as it should be."""
    found: list[Measured] = []
    orders: list[str] = []
    secret = shop.register_endpoint()
    started = shop.restarts()
    began = time.monotonic()
    (shop.manifests / "base/secrets/stripe_webhook_secret").write_text(secret)
    shop.apply("1")
    until(lambda: shop.accepts(secret), "every pod accepts the new signing secret", within=WITHIN_S)
    reloaded = time.monotonic() - began
    assert shop.restarts() == started, "a pod was restarted"
    shop.await_ready()
    with story(shop, rate, "nothing", found, orders):
        time.sleep(20)
    with story(shop, rate, "a rollout, with a migration", found, orders):
        shop.apply("2")
    for name in ("app", "worker"):
        with story(shop, rate, f"kill -9 of a pod's process ({name})", found, orders):
            shop.kill(name)
            time.sleep(1)
    with story(shop, rate, "a deleted pod", found, orders):
        shop.cluster.kubectl("--namespace", "shop", "delete", "pod", shop.pods("app")[0]["metadata"]["name"])
    result = until_settled(shop, orders)
    print(table(found))
    print(f"\n{len(orders)} orders, {result.deliveries['delivered']} events: {len(result.lost)} lost, "
          f"{len(result.duplicated)} doubled, {len(result.wrong)} wrong, {len(result.unfulfilled)} unfulfilled; "
          f"signing secret taken after {reloaded:.0f} s without a restart")  # fmt: skip
    rollout = found[1]
    return result.matches and not rollout.failed


def until_settled(shop: Shop, orders: list[str]) -> Any:
    """Return the reconciliation, once everything matches or after a while."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        result = reconcile(shop, shop.sent, dict.fromkeys(orders))
        if result.matches or time.monotonic() > deadline:
            return result
        time.sleep(2)


def main() -> int:
    """Return the exit code."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m tests.kubernetes", None, __doc__, formatter_class=formatter)
    parser.add_argument("--checkouts", type=float, default=25, help="buyers a second (25)")
    options = parser.parse_args()
    build()
    with ExitStack() as stack:
        engine = stack.enter_context(running_engine())
        make_images(engine)
        engine.docker("build", "--quiet", "--tag", "shop:1", ROOT)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kubernetes-")))
        folder.chmod(0o755)
        build_image(engine, "shop:2", MIGRATED, folder, migration=MIGRATION)
        build_image(engine, PAUSE, HOLD, folder)
        cluster = stack.enter_context(Cluster(engine, folder))
        receiver = stack.enter_context(endpoint_running(host=NODE))
        shop = Shop(cluster, engine, folder, receiver)
        stack.callback(shop.stop)
        shop.set_up()
        return 0 if play(shop, options.checkouts) else 1


if __name__ == "__main__":
    sys.exit(main())
