"""README.md, "From laptop to production", typed on a server: it sells over https, scales, and is backed up.

Caddy's certificate comes from its own authority, and the emulator is Stripe. Its events arrive at the endpoint, signed
with the endpoint's secret.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.compose.engine import Engine
from tests.compose.stack import STRIPE_KEY, ComposeStack, clone, eventually
from tests.support.caddy import AUTHORITY
from tests.support.readme import commands
from tests.support.stack import ROOT
from tests.system.docs.steps import blocks
from tests.unit.payments.webhook_sender import SECRET, sign

DOMAIN = "pay.example.com"  # as in the README
GUIDE = ROOT / "docs" / "operating.md"
REPLICAS = 3
PLACEHOLDERS = {"'sk_live_…'": STRIPE_KEY, "'whsec_…'": SECRET}
BUILT_WITHIN_S = 600.0


class Server(ComposeStack):
    """The stack on a server, as the README sets it up, and Stripe."""

    def set_up(self) -> None:
        """Type the README's commands, with this server's secrets."""
        self.set_env(
            CADDY_GLOBAL_OPTIONS="local_certs", STRIPE_API_BASE="http://stripe:12111", CHECKOUTS_PER_MINUTE="0"
        )
        text = "\n".join(commands("From laptop to production"))
        for placeholder, value in PLACEHOLDERS.items():
            assert placeholder in text
            text = text.replace(placeholder, value)
        for line in text.splitlines():
            done = self.run("sh", "-c", line, timeout=BUILT_WITHIN_S)
            assert done.returncode == 0, f"{line}\n{done.stdout[-1000:]}{done.stderr[-3000:]}\n{self.errors()}"
        self.authority = self.folder / "root.crt"
        self.authority.write_text(self.execute("caddy", "cat", f"/data/{AUTHORITY}"))
        emulator = ["python", "-m", "stripe_emulator", "--host", "0.0.0.0", "--port", "12111"]
        run = ["run", "--detach", "--network", f"{self.name}_default", "--network-alias", "stripe"]
        self.stripe = self.engine.docker(*run, self.inspect("app")["Image"], *emulator)
        networks = json.loads(self.engine.docker("inspect", self.stripe))[0]["NetworkSettings"]["Networks"]
        self.stripe_url = f"http://{networks[f'{self.name}_default']['IPAddress']}:12111"

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request to the domain, from the internet."""
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", self.ports["HTTPS_PORT"], ca_certs=str(self.authority), server_hostname=DOMAIN,
            assert_hostname=DOMAIN, retries=False, timeout=30,
        )  # fmt: skip
        with pool:
            return pool.request(method, path, headers={"Host": DOMAIN, **options.pop("headers", {})}, **options)

    def deliver_events(self) -> None:
        """Deliver all events of this account to the endpoint, as Stripe does."""
        headers = urllib3.make_headers(basic_auth=f"{STRIPE_KEY}:")
        for event in urllib3.request("GET", f"{self.stripe_url}/v1/events", headers=headers).json()["data"]:
            body = json.dumps(event)
            answer = self.ask("POST", "/stripe-webhook/", body=body, headers={"Stripe-Signature": sign(body)})
            assert answer.status == 200, answer.data


@pytest.fixture(scope="module")
def server(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = clone(tmp_path_factory.mktemp("server") / "clone")
    with Server(engine, folder, f"caddy-tests-{os.getpid()}") as server:
        server.set_up()
        yield server
        engine.docker("rm", "--force", "--volumes", server.stripe)


def test_a_buyer_pays_over_https(server: Server) -> None:
    answer = eventually("Stripe is reachable", lambda: served(server.ask("POST", "/api/checkout/")))
    assert answer["status_url"].startswith(f"https://{DOMAIN}/api/orders/")
    server.pay_at_stripe(answer["checkout_url"].rpartition("/")[2].partition("#")[0], server.stripe_url)
    server.deliver_events()
    assert server.ask("GET", f"/api/orders/{answer['order_id']}/").json()["status"] == "paid"


def served(answer: urllib3.BaseHTTPResponse) -> Any:
    return answer.json() if answer.status == 200 else None


def test_only_the_proxy_is_published(server: Server) -> None:
    services = json.loads(server.compose("config", "--format", "json"))["services"]
    assert {name: len(service.get("ports", [])) for name, service in services.items() if service.get("ports")} == {
        "caddy": 3
    }
    assert not {"stripe-emulator", "ngrok", "cloudflared"} & services.keys()
    assert "resting" in server.logs("stripe-cli")
    for path in ("/admin/login/", "/console/", "/readyz", "/_emulator/health"):
        assert server.ask("GET", path).status == 404, path


@pytest.mark.parametrize("service", ["caddy", "backup"])
def test_the_added_containers_are_locked_down(server: Server, service: str) -> None:
    host = server.inspect(service)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    added = {capability.removeprefix("CAP_") for capability in host["CapAdd"]}
    assert added <= {"CHOWN", "DAC_OVERRIDE", "NET_BIND_SERVICE"}
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert 0 < host["Memory"] <= 1024**3
    assert server.inspect("backup")["Config"]["Image"] == server.inspect("db")["Config"]["Image"]


def test_no_secret_is_in_a_containers_settings(server: Server) -> None:
    for service in ("app", "worker", "migrate", "stripe-cli", "caddy", "backup"):
        settings = json.dumps(server.inspect(service))
        assert STRIPE_KEY not in settings, service
        assert SECRET not in settings, service


def test_requests_are_balanced_over_all_replicas(server: Server) -> None:
    server.compose("up", "--detach", "--wait", "--scale", f"app={REPLICAS}")
    eventually("every replica gets requests", lambda: all_replicas_are_asked(server))
    # One is gone: the others take over.
    server.containers("app")[0].kill()
    assert {server.ask("GET", "/healthz").status for _ in range(20)} == {200}


def all_replicas_are_asked(server: Server) -> bool:
    for _ in range(20):
        assert server.ask("GET", "/healthz").status == 200
    return all(connections_from_others(server, index) for index in range(1, REPLICAS + 1))


def connections_from_others(server: Server, index: int) -> int:
    """Return the number of connections that a replica has from other containers: the proxy keeps them open."""
    table = server.compose("exec", "-T", "--index", str(index), "app", "cat", "/proc/net/tcp")
    return len(re.findall(r"^ *\d+: [0-9A-F]{8}:1F40 (?!0100007F)[0-9A-F]{8}:[0-9A-F]{4} 01 ", table, re.M))


def test_the_database_is_backed_up_and_the_drill_succeeds(server: Server) -> None:
    server.await_health("healthy", "backup")
    [saved] = (server.folder / ".data/backups").glob("*.dump")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.stat().st_uid == saved.parent.stat().st_uid
    drill, *_ = blocks(GUIDE, "The server", "sh")
    done = server.run("sh", "-c", drill)
    assert done.returncode == 0, done.stderr
    assert re.search(r"This backup can be restored: \d+ orders, \d+ of them paid\.", done.stdout)
    databases = server.execute("db", "psql", "--username", "postgres", "--tuples-only", "--no-align", "--command",
                               "SELECT datname FROM pg_database WHERE datname = 'restored'")  # fmt: skip
    assert databases == ""
