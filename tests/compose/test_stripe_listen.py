"""scripts/stripe-listen in its image, with the real Stripe CLI, against a server that acts like Stripe."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from docker.models.containers import Container

from tests.compose.cli_server import CliServer, cli_server
from tests.compose.engine import Engine
from tests.compose.images import STRIPE
from tests.compose.stack import ROOT, eventually

KEY = "sk_test_listen1234567890"
LOCKED_DOWN = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "10001:10001")

# Lists that the app and the script share.
SHARED = ("app/payments/stripe/event_types.txt", "app/config/stripe_keys.txt")
LISTS = [word for name in SHARED for word in ("--volume", f"{ROOT}/{name}:/{name}:ro")]


class Listener:
    """One container, configured as in docker-compose.yml."""

    def __init__(self, engine: Engine, server: CliServer, *volumes: str, **settings: str) -> None:
        self.engine = engine
        app = f"http://{server.address}:{server.app_server.server_port}/stripe-webhook/"
        values = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET_FILE": "/run/webhook-secret/secret"}
        values |= {"STRIPE_FORWARD_TO": app} | settings
        variables = [word for name, value in values.items() for word in ("--env", f"{name}={value}")]
        self.id = engine.docker(
            "run", "--detach", "--init", *LOCKED_DOWN, "--add-host", f"api.stripe.com:{server.address}",
            "--volume", f"{ROOT}/scripts:/scripts:ro", *LISTS, "--tmpfs", "/tmp", "--tmpfs",
            "/run/webhook-secret:mode=1777",
            *(word for volume in volumes for word in ("--volume", volume)), *variables,
            "--entrypoint", "/bin/sh", STRIPE, "/scripts/stripe-listen",
        )  # fmt: skip

    def remove(self) -> None:
        self.engine.docker("rm", "--force", self.id)

    @property
    def container(self) -> Container:
        return self.engine.api.containers.get(self.id)

    @property
    def log(self) -> str:
        return self.container.logs().decode()

    @property
    def secret(self) -> str:
        return self.read("/run/webhook-secret/secret")

    def read(self, file: str) -> str:
        return self.execute("cat", file)[1]

    def execute(self, *command: str) -> tuple[int | None, str]:
        """Run the command in the container. Return its exit code and its output."""
        code, output = self.container.exec_run(list(command))
        assert isinstance(output, bytes)
        return code, output.decode().strip()

    def is_healthy(self) -> bool:
        return self.execute("sh", "/scripts/stripe-listen", "health")[0] == 0

    def await_log(self, text: str) -> None:
        eventually(f"the log says {text!r}", lambda: text in self.log)


@pytest.fixture
def server(engine: Engine) -> Iterator[CliServer]:
    with cli_server(engine) as server:
        yield server


@pytest.fixture
def listen(engine: Engine, server: CliServer) -> Iterator[Callable[..., Listener]]:
    with ExitStack() as cleanup:

        def start(*volumes: str, **settings: str) -> Listener:
            listener = Listener(engine, server, *volumes, **settings)
            cleanup.callback(listener.remove)
            return listener

        yield start


def test_the_secret_is_stored_but_not_logged(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.await_log("connected to Stripe")
    assert listener.secret == server.secret
    assert listener.execute("stat", "-c", "%a", "/run/webhook-secret/secret") == (0, "600")
    eventually("healthy", listener.is_healthy)
    state = listener.read("/run/webhook-secret/stripe_cli")
    assert re.search(r"^connected_since=\d+$", state, re.M), state
    assert "whsec_" not in listener.log
    assert KEY not in listener.log


def test_two_stacks_are_two_devices(listen: Callable[..., Listener], server: CliServer) -> None:
    for _ in range(2):
        listener = listen(STRIPE_DEVICE_NAME="shop")
        listener.await_log("connected to Stripe")
        assert listener.read("/run/webhook-secret/stripe_device") == server.devices[-1]
    assert all(re.fullmatch(r"shop-[0-9a-f]{8}", device) for device in server.devices)
    assert len(set(server.devices)) == 2


def test_the_apps_event_types_are_requested(listen: Callable[..., Listener]) -> None:
    listener = listen()
    listener.await_log("connected")
    command = str(listener.container.top(ps_args="-ww -eo pid,args"))
    assert "--events checkout.session.completed,checkout.session.async_payment_succeeded," in command
    assert KEY not in command, "every user of the machine can read a command line"


def test_the_secret_of_a_new_session_is_used(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.await_log("connected")
    server.secret = "whsec_second000000000000000000000000"
    server.forget_sessions()
    eventually("the new secret", lambda: listener.secret == server.secret)
    eventually("healthy", listener.is_healthy)
    assert "whsec_" not in listener.log


def test_a_rolled_secret_is_used(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen(STRIPE_SECRET_CHECK_SECONDS="2")
    listener.await_log("connected")
    server.secret = "whsec_rolled000000000000000000000000"
    eventually("the rolled secret", lambda: listener.secret == server.secret)
    eventually("healthy", listener.is_healthy)


def test_a_lost_connection_is_unhealthy_until_reconnected(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.await_log("connected")
    eventually("healthy", listener.is_healthy)
    server.stop()
    eventually("unhealthy", lambda: not listener.is_healthy())
    assert listener.secret, "the file still exists, so only the connection shows it"
    server.start()
    eventually("healthy", listener.is_healthy)


def test_an_unreachable_app_is_unhealthy(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen()
    listener.await_log("connected")
    eventually("healthy", listener.is_healthy)
    server.app_server.server_close()
    server.app_server.socket.close()
    eventually("unhealthy", lambda: not listener.is_healthy())
    assert "the app does not respond" in listener.execute("sh", "/scripts/stripe-listen", "health")[1]


def test_it_rests_where_stripe_delivers_itself(listen: Callable[..., Listener], server: CliServer) -> None:
    listener = listen(STRIPE_LISTEN="0")
    listener.await_log("resting")
    assert listener.is_healthy()
    assert server.requests == 0
    assert "whsec_" not in listener.secret


def test_it_waits_until_stripe_recovers(listen: Callable[..., Listener], server: CliServer) -> None:
    server.status = 500
    listener = listen()
    eventually("first attempt", lambda: server.requests >= 1)
    assert not listener.is_healthy()
    server.status = 200
    listener.await_log("connected")


def test_a_refused_key_is_explained_once(listen: Callable[..., Listener], server: CliServer) -> None:
    server.status = 401
    listener = listen()
    listener.await_log("Stripe rejected STRIPE_SECRET_KEY")
    # It waits now: of all its processes, only the pause is left.
    eventually("it waits", lambda: "sleep 300" in str(listener.container.top(ps_args="-ww -eo pid,args")))
    assert server.requests == 1
    [line] = listener.log.splitlines()
    assert "https://dashboard.stripe.com/test/apikeys" in line
    assert "docker compose up -d" in line
    assert KEY not in line
    assert not listener.is_healthy()


@pytest.mark.parametrize("written", [f'"{KEY}"', f" '{KEY}' ", f"{KEY}\n", f"\t{KEY}\r\n"])
def test_quotes_and_blanks_around_the_key_are_removed(
    listen: Callable[..., Listener], server: CliServer, written: str
) -> None:
    listen(STRIPE_SECRET_KEY=written).await_log("connected")
    assert server.keys == [KEY]


def test_the_key_can_be_in_a_file(listen: Callable[..., Listener], server: CliServer, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o644)
    listener = listen(f"{file}:/run/secrets/key:ro", STRIPE_SECRET_KEY="", STRIPE_SECRET_KEY_FILE="/run/secrets/key")
    listener.await_log("connected")
    assert server.keys == [KEY]


@pytest.mark.parametrize(
    ("key", "text"),
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
def test_an_invalid_key_is_refused_before_any_request(
    listen: Callable[..., Listener], server: CliServer, key: str, text: str
) -> None:
    listener = listen(STRIPE_SECRET_KEY=key)
    listener.await_log(text)
    assert len(listener.log.splitlines()) == 1
    assert key not in listener.log
    assert server.requests == 0
    assert not listener.is_healthy()
    assert listener.execute("true")[0] == 0, "it must keep running, or Docker would restart it repeatedly"


@pytest.mark.parametrize("allowed", ["1", "True"])
def test_a_live_key_is_used_if_allowed(listen: Callable[..., Listener], server: CliServer, allowed: str) -> None:
    live = "sk_live_1234567890abcdef"
    listen(STRIPE_SECRET_KEY=live, STRIPE_ALLOW_LIVE=allowed).await_log("connected")
    assert server.keys == [live]


def test_sigterm_stops_it(listen: Callable[..., Listener]) -> None:
    listener = listen()
    listener.await_log("connected")
    listener.container.stop()
    assert listener.container.attrs["State"]["ExitCode"] == 0, (
        "it must exit on SIGTERM, before Docker kills it after ten seconds"
    )
