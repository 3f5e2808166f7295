"""A test key in .env: the same files with https://api.stripe.com, which here is an emulator behind TLS."""

import json
from collections.abc import Iterator

import pytest

from tests.compose.images import NGROK
from tests.compose.stack import SERVICES, STRIPE_KEY, ComposeStack, eventually

# stripe-python has its own list of authorities, so a stand-in for api.stripe.com needs this.
TRUST = """
services:
  app: &trusting
    volumes: ["{bundle}:/venv/lib/python3.13/site-packages/stripe/data/ca-certificates.crt:ro"]
  worker: *trusting
"""


class Stripe:
    """api.stripe.com on the stack's network; this machine reaches it without TLS."""

    def __init__(self, stack: ComposeStack) -> None:
        self.stack, docker = stack, stack.engine.docker
        network = f"{stack.name}_default"
        run = ["run", "--detach", "--network", network]
        emulator = ["python", "-m", "stripe_emulator", "--host", "0.0.0.0", "--port", "12111"]
        self.containers = [docker(*run, "--network-alias", "real-stripe", stack.inspect("app")["Image"], *emulator)]
        relay = ["--network-alias", "api.stripe.com", "--entrypoint", "tls-relay", NGROK, "real-stripe", "12111"]
        self.containers.append(docker(*run, *relay))
        networks = json.loads(docker("inspect", self.containers[0]))[0]["NetworkSettings"]["Networks"]
        self.url = f"http://{networks[network]['IPAddress']}:12111"

    def close(self) -> None:
        self.stack.engine.docker("rm", "--force", "--volumes", *self.containers)


@pytest.fixture(scope="module")
def stripe(stack: ComposeStack) -> Iterator[Stripe]:
    stripe = Stripe(stack)
    bundle = stack.folder.parent / "bundle.crt"
    bundle.write_text(stack.execute("app", "cat", "/etc/ssl/certs/ca-certificates.crt"))
    override = stack.folder.parent / "trust.yml"
    override.write_text(TRUST.format(bundle=bundle))
    stack.set_env(STRIPE_SECRET_KEY=STRIPE_KEY)
    stack.compose("-f", "docker-compose.yml", "-f", str(override), "up", "--wait")
    yield stripe
    stripe.close()
    stack.set_env()


def test_a_payment_at_stripe_settles_here(stripe: Stripe, stack: ComposeStack) -> None:
    order, session = stack.check_out()
    stack.pay_at_stripe(session, stripe.url)
    stack.await_paid(order)
    assert "connected to Stripe\n" in stack.logs("stripe-cli")


def test_the_emulator_is_idle(stripe: Stripe, stack: ComposeStack) -> None:
    assert STRIPE_KEY not in json.dumps(stack.inspect("stripe-emulator"))
    assert stack.health("stripe-emulator") == "healthy"
    assert "idle, because STRIPE_SECRET_KEY is set" in stack.logs("stripe-emulator")
    assert stack.processes("stripe-emulator", "python") == []


def test_events_missed_while_down_are_caught_up(stripe: Stripe, stack: ComposeStack) -> None:
    order, session = stack.check_out()
    stack.compose("stop", "app", "worker", "stripe-cli")
    stack.pay_at_stripe(session, stripe.url)
    stack.compose("start", "app", "worker", "stripe-cli")
    stack.await_health("healthy", *SERVICES)
    stack.await_paid(order, within=90)


def test_the_key_is_not_logged(stripe: Stripe, stack: ComposeStack) -> None:
    eventually("there is a log", lambda: stack.logs())
    assert STRIPE_KEY not in stack.logs()
    assert "whsec_" not in stack.logs()


def test_a_live_key_is_refused_by_every_service(stripe: Stripe, stack: ComposeStack) -> None:
    live = "sk_live_compose1234567890"
    stack.set_env(STRIPE_SECRET_KEY=live)
    assert stack.run("docker", "compose", "up", "--wait").returncode != 0
    for service in ("migrate", "stripe-cli"):
        eventually(f"{service} says why", lambda name=service: "live key: real money" in stack.logs(name))  # type: ignore[misc]
    assert stack.processes("stripe-cli", "stripe listen") == []
    assert live not in stack.logs()
