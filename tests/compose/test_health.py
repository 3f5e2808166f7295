"""Each health check turns red when what it watches is broken, and green again afterwards."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.compose.stack import ComposeStack


@contextmanager
def frozen(stack: ComposeStack, service: str, command: str) -> Iterator[None]:
    """The processes whose command line holds `command` hang: alive, holding their connections, doing nothing."""
    processes = stack.processes(service, command)
    assert processes, f"{service} runs no {command}"
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):  # replaced in the meantime, which is one way to recover
                os.kill(process, signal.SIGCONT)


def test_database_hangs(stack: ComposeStack) -> None:
    with frozen(stack, "db", "postgres"):
        stack.await_health("unhealthy", "db", "app", "worker")
        assert stack.get("/healthz").status == 200, "the process itself is alive"
    stack.await_health("healthy", "db", "app", "worker")


def test_app_hangs(stack: ComposeStack) -> None:
    with frozen(stack, "app", "gunicorn"):
        stack.await_health("unhealthy", "app")
    stack.await_health("healthy", "app")


def test_worker_hangs(stack: ComposeStack) -> None:
    with frozen(stack, "worker", "db_worker"):
        stack.await_health("unhealthy", "worker")
    stack.await_health("healthy", "worker")


def test_emulator_hangs(stack: ComposeStack) -> None:
    with frozen(stack, "stripe-emulator", "stripe_emulator"):
        stack.await_health("unhealthy", "stripe-emulator", "stripe-cli")
    stack.await_health("healthy", "stripe-emulator", "stripe-cli")
    stack.await_paid(stack.buy())


def test_stripe_cli_hangs_with_its_websocket_open(stack: ComposeStack) -> None:
    restarts = stack.inspect("stripe-cli")["RestartCount"]
    with frozen(stack, "stripe-cli", "stripe listen"):
        stack.await_health("unhealthy", "stripe-cli")
        # Nothing thaws it: the container recovers on its own.
        stack.await_health("healthy", "stripe-cli")
    assert "stopped responding" in stack.logs("stripe-cli")
    assert stack.inspect("stripe-cli")["RestartCount"] == restarts
    stack.await_paid(stack.buy())


def test_secret_is_lost(stack: ComposeStack) -> None:
    secret = "/run/webhook-secret/secret"
    stack.execute("stripe-cli", "mv", secret, f"{secret}.away")
    stack.await_health("unhealthy", "stripe-cli")
    stack.execute("stripe-cli", "mv", f"{secret}.away", secret)
    stack.await_health("healthy", "stripe-cli", "app")
