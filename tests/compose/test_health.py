"""Each health check fails when its service breaks, and recovers."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.compose.stack import ComposeStack
from tests.support.suspended import suspended


@contextmanager
def frozen(stack: ComposeStack, service: str, command: str) -> Iterator[None]:
    """Suspend the processes whose command line contains `command`."""
    processes = stack.processes(service, command)
    assert processes, f"{service} runs no {command}"
    with suspended(*processes):
        yield


def test_a_hanging_database_is_unhealthy(stack: ComposeStack) -> None:
    with frozen(stack, "db", "postgres"):
        stack.await_health("unhealthy", "db", "app", "worker")
        assert stack.get("/healthz").status == 200, "the process itself must be alive"
    stack.await_health("healthy", "db", "app", "worker")


def test_a_hanging_app_or_worker_is_unhealthy(stack: ComposeStack) -> None:
    with frozen(stack, "app", "gunicorn"), frozen(stack, "worker", "db_worker"):
        stack.await_health("unhealthy", "app", "worker")
    stack.await_health("healthy", "app", "worker")


def test_a_hanging_emulator_is_unhealthy(stack: ComposeStack) -> None:
    with frozen(stack, "stripe-emulator", "stripe_emulator"):
        stack.await_health("unhealthy", "stripe-emulator", "stripe-cli")
    stack.await_health("healthy", "stripe-emulator", "stripe-cli")
    stack.await_paid(stack.buy())


def test_a_hanging_stripe_cli_recovers(stack: ComposeStack) -> None:
    restarts = stack.inspect("stripe-cli")["RestartCount"]
    with frozen(stack, "stripe-cli", "stripe listen"):
        stack.await_health("unhealthy", "stripe-cli")
        # Nothing resumes it; the container recovers on its own.
        stack.await_health("healthy", "stripe-cli")
    assert "stopped responding" in stack.logs("stripe-cli")
    assert stack.inspect("stripe-cli")["RestartCount"] == restarts
    stack.await_paid(stack.buy())


def test_a_lost_secret_is_unhealthy(stack: ComposeStack) -> None:
    secret = "/run/webhook-secret/secret"
    stack.execute("stripe-cli", "mv", secret, f"{secret}.away")
    stack.await_health("unhealthy", "stripe-cli")
    stack.execute("stripe-cli", "mv", f"{secret}.away", secret)
    stack.await_health("healthy", "stripe-cli", "app")
