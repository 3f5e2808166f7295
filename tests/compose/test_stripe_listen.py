"""scripts/stripe-listen in its image, with the real Stripe CLI, against a server that can do what Stripe may do."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.compose.cli_server import CliServer, cli_server
from tests.compose.engine import Engine
from tests.compose.images import STRIPE
from tests.compose.stack import ROOT, eventually

KEY = "sk_test_listen1234567890"
FORBIDDEN_ROOM = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "10001:10001")

# The lists that the app and the script share.
SHARED = ("app/payments/stripe/event_types.txt", "app/config/stripe_keys.txt")
LISTS = [word for name in SHARED for word in ("--volume", f"{ROOT}/{name}:/{name}:ro")]


class Listener:
    """One container, set up as in docker-compose.yml."""

    def __init__(self, engine: Engine, server: CliServer, **settings: str) -> None:
        self.engine = engine
        values = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET_FILE": "/run/webhook-secret/secret"} | settings
        variables = [word for name, value in values.items() for word in ("--env", f"{name}={value}")]
        self.id = engine.docker(
            "run", "--detach", "--init", *FORBIDDEN_ROOM, "--add-host", f"api.stripe.com:{server.address}",
            "--volume", f"{ROOT}/scripts:/scripts:ro", *LISTS, "--tmpfs", "/tmp", "--tmpfs",
            "/run/webhook-secret:mode=1777", *variables, "--entrypoint", "/bin/sh", STRIPE, "/scripts/stripe-listen",
        )  # fmt: skip

    def remove(self) -> None:
        self.engine.docker("rm", "--force", self.id)

    @property
    def log(self) -> str:
        result = self.engine.run("docker", "logs", self.id)
        return result.stdout + result.stderr

    @property
    def secret(self) -> str:
        return self.execute("cat", "/run/webhook-secret/secret").stdout.strip()

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.engine.run("docker", "exec", self.id, *command)

    def is_healthy(self) -> bool:
        return self.execute("sh", "/scripts/stripe-listen", "health").returncode == 0

    def says(self, sentence: str) -> None:
        eventually(f"the log says {sentence!r}", lambda: sentence in self.log)


@pytest.fixture
def server(engine: Engine) -> Iterator[CliServer]:
    with cli_server(engine) as server:
        yield server


@pytest.fixture
def listen(engine: Engine, server: CliServer) -> Iterator[Callable[..., Listener]]:
    with ExitStack() as cleanup:

        def start(**settings: str) -> Listener:
            listener = Listener(engine, server, **settings)
            cleanup.callback(listener.remove)
            return listener

        yield start


def test_hands_the_secret_over_and_keeps_it_out_of_the_log(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.says("connected to Stripe")
    assert listener.secret == server.secret
    assert listener.execute("stat", "-c", "%a", "/run/webhook-secret/secret").stdout.strip() == "600"
    eventually("healthy", listener.is_healthy)
    told = listener.execute("cat", "/run/webhook-secret/stripe_cli").stdout
    assert re.search(r"^connected_since=\d+$", told, re.M), told
    assert "whsec_" not in listener.log
    assert KEY not in listener.log


def test_two_stacks_of_one_name_are_two_devices(listen: Callable[..., Listener], server: CliServer) -> None:
    for _ in range(2):
        listener = listen(STRIPE_DEVICE_NAME="shop")
        listener.says("connected to Stripe")
        assert listener.execute("cat", "/run/webhook-secret/stripe_device").stdout.strip() == server.devices[-1]
    assert all(re.fullmatch(r"shop-[0-9a-f]{8}", device) for device in server.devices)
    assert len(set(server.devices)) == 2


def test_names_the_events_it_wants(listen: Callable[..., Listener], engine: Engine) -> None:
    listener = listen()
    listener.says("connected")
    command = engine.docker("top", listener.id, "-ww", "-eo", "pid,args")
    assert "--events checkout.session.completed,checkout.session.async_payment_succeeded," in command
    assert KEY not in command, "everyone on the machine can read a command line"


def test_follows_a_secret_that_comes_with_a_new_session(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.says("connected")
    server.secret = "whsec_second000000000000000000000000"
    server.forget_sessions()
    eventually("the new secret", lambda: listener.secret == server.secret)
    eventually("healthy", listener.is_healthy)
    assert "whsec_" not in listener.log


def test_follows_a_secret_that_is_rolled_while_the_connection_stays(
    listen: Callable[..., Listener], server: CliServer
) -> None:
    listener = listen(STRIPE_SECRET_CHECK_SECONDS="2")
    listener.says("connected")
    server.secret = "whsec_rolled000000000000000000000000"
    eventually("the rolled secret", lambda: listener.secret == server.secret)
    eventually("healthy", listener.is_healthy)


def test_lost_connection_is_seen_and_mended(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.says("connected")
    eventually("healthy", listener.is_healthy)
    server.stop()
    eventually("unhealthy", lambda: not listener.is_healthy())
    assert listener.secret, "the file alone would not have told"
    server.start()
    eventually("healthy", listener.is_healthy)


def test_waits_for_stripe(listen: Callable[..., Listener], server: CliServer) -> None:
    server.status = 500
    listener = listen()
    eventually("first try", lambda: server.asked >= 1)
    assert not listener.is_healthy()
    server.status = 200
    listener.says("connected")


def test_refused_key_gets_one_sentence_and_no_hurry(
    listen: Callable[..., Listener], server: CliServer, engine: Engine
) -> None:
    server.status = 401
    listener = listen()
    listener.says("Stripe refused STRIPE_SECRET_KEY")
    # It waits now: nothing but its pause is left of what it had started.
    eventually("it rests", lambda: "sleep 300" in engine.docker("top", listener.id, "-ww", "-eo", "pid,args"))
    assert server.asked == 1
    [line] = listener.log.splitlines()
    assert "https://dashboard.stripe.com/test/apikeys" in line
    assert "docker compose up -d" in line
    assert KEY not in line
    assert not listener.is_healthy()


@pytest.mark.parametrize("written", [f'"{KEY}"', f" '{KEY}' ", f"{KEY}\n", f"\t{KEY}\r\n"])
def test_key_is_cleaned(listen: Callable[..., Listener], server: CliServer, written: str) -> None:
    listen(STRIPE_SECRET_KEY=written).says("connected")
    assert server.keys == [KEY]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("sk_live_1234567890abcdef", "live key: real money"),
        ("rk_live_1234567890abcdef", "live key: real money"),
        ("pk_test_1234567890abcdef", "publishable key"),
        ("whsec_1234567890abcdef00", "is a webhook signing secret"),
        ("sk_test_12345 67890abcdef", "contains spaces"),
        ("sk_test_12345\n67890abcdef", "contains spaces"),
        ("sk_test_...", "is not a Stripe secret key"),
    ],
)
def test_wrong_key_is_refused_here(listen: Callable[..., Listener], server: CliServer, key: str, sentence: str) -> None:
    listener = listen(STRIPE_SECRET_KEY=key)
    listener.says(sentence)
    assert len(listener.log.splitlines()) == 1
    assert key not in listener.log
    assert server.asked == 0
    assert not listener.is_healthy()
    assert listener.execute("true").returncode == 0, "it runs, so nothing starts it again and again"


@pytest.mark.parametrize("allowed", ["1", "True"])
def test_live_key_is_used_when_allowed(listen: Callable[..., Listener], server: CliServer, allowed: str) -> None:
    live = "sk_live_1234567890abcdef"
    listen(STRIPE_SECRET_KEY=live, STRIPE_ALLOW_LIVE=allowed).says("connected")
    assert server.keys == [live]


def test_stops_when_told(listen: Callable[..., Listener], engine: Engine) -> None:
    listener = listen()
    listener.says("connected")
    engine.docker("stop", listener.id)
    state = json.loads(engine.docker("inspect", listener.id))[0]["State"]
    assert state["ExitCode"] == 0, "it exited on SIGTERM, and was not killed after Docker's ten seconds"
