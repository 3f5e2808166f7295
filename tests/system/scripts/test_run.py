"""`./scripts/run` without a stack in Docker."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.installed import stripe_cli
from tests.support.stack import Stack, clean_environment
from tests.system.scripts.shop import check_out

# The tests call no Docker engine; one on this machine is not theirs.
PATH = "/usr/bin:/bin"


@pytest.fixture
def no_docker(tmp_path: Path) -> str:
    """A PATH whose `docker` has no running stack."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tools / "docker").chmod(0o755)
    return f"{tools}:{PATH}"


def run(checkout: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run it in a checkout without a running stack, with its own data folder."""
    environment = clean_environment(checkout) | {"DATA_DIR": str(checkout / ".data")} | env
    return subprocess.run(
        ["./scripts/run", *arguments],
        cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, input="",
    )  # fmt: skip


def test_help_lists_the_commands(checkout: Path) -> None:
    for arguments in ((), ("--help",)):
        shown = run(checkout, *arguments)
        assert shown.returncode == 0
        assert all(name in shown.stdout for name in ("migrate", "shell", "logs", "trigger EVENT", "admin", "test"))
    assert run(checkout, "--unknown").returncode == 2


def test_migrate_admin_and_shell_use_the_same_database(checkout: Path, no_docker: str) -> None:
    assert run(checkout, "migrate", PATH=no_docker).returncode == 0
    made = run(
        checkout, "admin", "--noinput", "--username", "ann", "--email", "ann@example.com",
        PATH=no_docker, DJANGO_SUPERUSER_PASSWORD="made-up-word",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    code = "from django.contrib.auth.models import User; print(User.objects.get(username='ann').is_superuser)"
    assert run(checkout, "shell", "-c", code, PATH=no_docker).stdout.splitlines()[-1] == "True"


def test_commands_find_the_running_stack(checkout: Path, no_docker: str) -> None:
    env = clean_environment(checkout) | {"PATH": no_docker}
    with Stack(root=checkout) as stack:  # with its own ports and folder
        order_id = check_out(stack)["order_id"]
        code = "from app.payments.models import Order; print(Order.objects.get().pk)"
        shell = subprocess.run(
            ["./scripts/run", "shell", "-c", code], cwd=checkout, env=env, capture_output=True, text=True, timeout=120
        )
        assert shell.stdout.splitlines()[-1] == order_id, shell.stderr
        doctor = subprocess.run(
            ["./scripts/doctor", "--json"], cwd=checkout, env=env, capture_output=True, text=True, timeout=120
        )
        assert doctor.returncode == 0, doctor.stdout
        assert f":{stack.port}" in doctor.stdout
    assert not (checkout / ".data").exists()


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["migrate"], "exec --no-TTY app python manage.py migrate"),
        (["shell"], "exec --no-TTY app python manage.py shell"),
        (["admin"], "exec --no-TTY app python manage.py createsuperuser"),
        (["refund", "1", "--amount", "500"], "exec --no-TTY app python manage.py refund 1 --amount 500"),
        (["trigger", "charge.refunded"], "exec --no-TTY stripe-cli sh -c"),
        (["logs", "worker"], "logs --follow --tail 100 worker"),
    ],
)
def test_commands_run_in_the_container_of_a_docker_stack(
    checkout: Path, tmp_path: Path, arguments: list[str], called: str
) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$2" = ps ] && echo 0123456789ab || echo "$@"\n')
    docker.chmod(0o755)
    ran = run(checkout, *arguments, PATH=f"{tmp_path}:{PATH}")
    assert ran.returncode == 0
    assert ran.stdout.startswith(f"compose {called}")


@pytest.mark.parametrize("in_docker", [True, False])
@pytest.mark.parametrize(
    ("variables", "key", "local"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_0123456789abcdef"}, "sk_test_0123456789abcdef", False),
        ({"STRIPE_SECRET_KEY_FILE": "key"}, "sk_test_inAFile012345678", False),
        ({"STRIPE_SECRET_KEY": "", "STRIPE_SECRET_KEY_FILE": ""}, "sk_test_emulator0000", True),
    ],
)
def test_trigger_uses_the_stacks_key(
    checkout: Path, tmp_path: Path, in_docker: bool, variables: dict[str, str], key: str, local: bool
) -> None:
    (tmp_path / "key").write_text("sk_test_inAFile012345678\n")
    # The container's environment is that of this test; `docker compose exec --no-TTY SERVICE COMMAND`.
    running = '[ "$2" = ps ] && echo 0123456789ab || { shift 4; exec "$@"; }' if in_docker else "exit 1"
    for name, lines in {
        "docker": running,
        "stripe": 'echo "$STRIPE_API_KEY" "${STRIPE_CLI_UNIX_SOCKET-}" "$@"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{lines}\n")
        (tmp_path / name).chmod(0o755)
    env = {name: str(tmp_path / "key") if value == "key" else value for name, value in variables.items()}
    ran = run(checkout, "trigger", "charge.refunded", PATH=f"{tmp_path}:{PATH}", STRIPE_CLI_UNIX_SOCKET="/sock", **env)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == key
    assert (("/sock" in ran.stdout) if in_docker else ("--api-base" in ran.stdout)) is local


@pytest.mark.parametrize(
    ("arguments", "cause", "remedy"),
    [
        (["logs"], "no container is running", "docker compose up"),
        (["trigger"], "name an event", "checkout.session.completed"),
        (["trigger", "charge.refunded"], "Stripe CLI is not installed", "https://docs.stripe.com/stripe-cli/install"),
    ],
)
def test_an_impossible_command_gets_a_one_line_error(
    checkout: Path, no_docker: str, arguments: list[str], cause: str, remedy: str
) -> None:
    refused = run(checkout, *arguments, PATH=no_docker)
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert cause in line
    assert remedy in line


@pytest.mark.cli
def test_trigger_creates_an_event_at_the_local_stripe(checkout: Path, no_docker: str, stack: Stack) -> None:
    path, port = f"{no_docker}:{Path(stripe_cli()).parent}", str(stack.emulator_port)
    triggered = run(checkout, "trigger", "payment_intent.payment_failed", PATH=path, EMULATOR_PORT=port)
    assert triggered.returncode == 0, triggered.stdout + triggered.stderr
    stack.wait_for_log("POST /v1/payment_intents 402")
