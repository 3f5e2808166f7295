"""`./scripts/dev` explains in one sentence why it can't start, and what to do."""

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.checkout import copy_code
from tests.support.stack import Stack, clean_environment, reserve_port
from tests.system.scripts.processes import await_none_of

KEY = "sk_test_abcdefgh12345678"
# No test calls the real Stripe; nothing is listening there.
NO_STRIPE = {"STRIPE_API_BASE": "http://127.0.0.1:9"}


def refusal(checkout: Path, env: Mapping[str, str] | None = None) -> str:
    """Return the line that it prints before it exits with 1."""
    environment = clean_environment(checkout) | {"DATA_DIR": str(checkout / ".data"), **(env or {})}
    with reserve_port() as port, reserve_port() as emulator_port:
        environment.setdefault("PORT", str(port.getsockname()[1]))
        environment.setdefault("EMULATOR_PORT", str(emulator_port.getsockname()[1]))
        ran = subprocess.run(
            ["/bin/sh", "./scripts/dev"], cwd=checkout, env=environment,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    (line,) = ran.stderr.splitlines()
    assert line.startswith("./scripts/dev: ")
    return line


def write_env(checkout: Path, text: str | bytes) -> None:
    (checkout / ".env").write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("PORT=8000\nsk_test_1234567890\n", "Line 2 of .env is not NAME=value", "comment it out with #"),
        ("PORT 8000\n", "Line 1 of .env is not NAME=value", "correct it"),
        (b"PRODUCT_NAME=Caf\xe9\n", "not UTF-8", "save it with the encoding UTF-8"),
        ('PRODUCT_NAME="Tea\n', "a quote that is not closed", "use no quotes"),
        (f"STRIPE_SECRET_KEY={KEY}”\n", "contains quotes", "use the secret key"),
        ("STRIPE_SECRET_KEY=sk_test_abcd efgh12345678\n", "contains spaces", "use the secret key"),
        ("STRIPE_SECRET_KEY=pk_test_abcdefgh12345678\n", "publishable key", "use the secret key (sk_test_…)"),
        ("STRIPE_SECRET_KEY=whsec_abcdefgh12345678\n", "webhook signing secret", "STRIPE_WEBHOOK_SECRET"),
        ("STRIPE_SECRET_KEY=hello\n", "not a Stripe secret key", "from https://dashboard.stripe.com"),
        ("STRIPE_SECRET_KEY=sk_live_abcdefgh12345678\n", "a live key", "Use a test key"),
        ("STRIPE_SECRET_KEY=rk_live_abcdefgh12345678\n", "a live key", "STRIPE_ALLOW_LIVE=1"),
        ("DEBUG=perhaps\n", "DEBUG", "use 1 or 0"),
        ("LOG_LEVEL=loud\n", "LOG_LEVEL", "use one of DEBUG, INFO, WARNING, ERROR"),
        ("PRODUCT_CURRENCY=dollars\n", "PRODUCT_CURRENCY", "a code like usd or eur"),
        ("PRODUCT_CURRENCY=xyz\n", "PRODUCT_CURRENCY is 'xyz'", "use a code like usd or eur"),
        ("PRODUCT_AMOUNT=10\n", "PRODUCT_AMOUNT is 10: 0.10 USD", "Stripe's minimum of 0.50 USD"),
        ("PRODUCT_AMOUNT=20.00\n", "PRODUCT_AMOUNT", "use a whole number"),
        ("EMAIL_URL=mail.example:587\n", "EMAIL_URL", "smtp://user:password@mail.example:587"),
        ("DATABASE_URL=mysql://localhost/shop\n", "DATABASE_URL", "postgres://"),
    ],
)
def test_a_broken_env_file_is_named_with_its_fix(checkout: Path, text: str | bytes, cause: str, remedy: str) -> None:
    write_env(checkout, text)
    answer = refusal(checkout)
    assert cause in answer
    assert remedy in answer


@pytest.mark.parametrize("text", [f"STRIPE_SECRET_KEY={KEY} {KEY}\n", f"{KEY}\n"])
def test_no_error_repeats_a_key(checkout: Path, text: str) -> None:
    write_env(checkout, text)
    assert KEY not in refusal(checkout)


@pytest.mark.parametrize(("name", "value"), [("PORT", "abc"), ("PORT", "65536"), ("EMULATOR_PORT", "0")])
def test_an_invalid_port_is_refused(checkout: Path, name: str, value: str) -> None:
    answer = refusal(checkout, {name: value})
    assert f"{name} is '{value}'" in answer
    assert "1 to 65535" in answer


def test_app_and_emulator_can_not_share_a_port(checkout: Path) -> None:
    assert "use different ports" in refusal(checkout, {"PORT": "23456", "EMULATOR_PORT": "23456"})


@pytest.mark.parametrize("name", ["PORT", "EMULATOR_PORT"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_named_with_another(checkout: Path, name: str, host: str) -> None:
    with socket.create_server((host, 0)) as other:
        port = other.getsockname()[1]
        answer = refusal(checkout, {name: str(port)})
    assert f"Port {port} is already in use" in answer
    assert f"{name}={port + 1}" in answer


def test_a_port_in_use_on_ipv6_is_named(checkout: Path) -> None:
    try:
        other = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with other:
        port = other.getsockname()[1]
        assert f"Port {port} is already in use" in refusal(checkout, {"PORT": str(port)})


def test_an_unreachable_database_is_named(checkout: Path) -> None:
    with reserve_port() as unused:
        url = f"postgres://shop:secret@127.0.0.1:{unused.getsockname()[1]}/shop"
        answer = refusal(checkout, {"DATABASE_URL": url})
    assert "The database can't be used" in answer
    assert "DATABASE_URL" in answer
    assert "secret" not in answer


@pytest.mark.parametrize(
    ("name", "cause"),
    [("db.sqlite3", "db.sqlite3 is damaged"), ("stripe_emulator.db", "stripe_emulator.db can't be used")],
)
def test_a_damaged_file_is_named_with_its_fix(checkout: Path, name: str, cause: str) -> None:
    (checkout / ".data").mkdir()
    (checkout / ".data" / name).write_bytes(b"no database " * 1000)
    answer = refusal(checkout)
    assert cause in answer
    assert "move it away" in answer


def test_an_unwritable_data_folder_is_named(checkout: Path) -> None:
    (checkout / "file").write_text("")
    assert "set DATA_DIR to" in refusal(checkout, {"DATA_DIR": str(checkout / "file" / "data")})


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A copy of the code, and a stack that sells there with the local emulator."""
    root = copy_code(tmp_path_factory.mktemp("used") / "check out")
    with Stack(root=root, data_dir=root / ".data") as stack:
        yield stack


def test_a_second_start_with_the_same_data_is_refused(used: Stack) -> None:
    assert "Another ./scripts/dev already uses" in refusal(used.root)
    assert used.process
    assert used.process.poll() is None


def test_a_key_without_the_stripe_cli_explains_the_installation(used: Stack) -> None:
    assert (used.data_dir / "webhook_secret").exists(), "the emulator's, which does not count as Stripe's"
    used.stop()
    started = used.log.count("emulator started")
    used.env |= {"STRIPE_SECRET_KEY": KEY, "PATH": str(used.root), **NO_STRIPE}
    used.start()
    used.wait_for_log("install it (https://docs.stripe.com/stripe-cli/install)")
    used.wait_for_log("Not ready yet: still missing: webhook_secret.")
    assert used.log.count("emulator started") == started
    assert used.log.count("Ready:") == 1
    assert used.stop() == 0
    await_none_of(used)


@pytest.fixture
def tools(checkout: Path, tmp_path: Path) -> Path:
    """A PATH without Python, in a checkout without .venv."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "cmp", "cat"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    (checkout / ".venv").unlink()
    return tools


def test_a_missing_python_is_named_with_its_fix(checkout: Path, tools: Path) -> None:
    answer = refusal(checkout, {"PATH": str(tools)})
    assert "Python 3.11 or newer is needed" in answer
    assert "apt install python3" in answer


def test_windows_is_referred_to_wsl(checkout: Path) -> None:
    assert "WSL" in refusal(checkout, {"OS": "Windows_NT"})


@pytest.mark.parametrize(
    ("missing", "cause", "remedy"),
    [
        ("version_info", "Python 3.11 or newer is needed", "brew install python"),
        ("ensurepip", "can't create virtual environments", "apt install python3-venv"),
    ],
)
def test_an_old_and_an_incomplete_python_are_distinguished(
    checkout: Path, tools: Path, missing: str, cause: str, remedy: str
) -> None:
    # The check that would fail without this part.
    python = tools / "python3"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{missing}*) exit 1 ;; esac\n')
    python.chmod(0o755)
    answer = refusal(checkout, {"PATH": str(tools)})
    assert cause in answer
    assert remedy in answer


def test_a_live_key_is_used_if_allowed(checkout: Path) -> None:
    env = {"STRIPE_SECRET_KEY": "sk_live_abcdefgh12345678", "STRIPE_ALLOW_LIVE": "1", "PATH": str(checkout)}
    env |= {"STRIPE_WEBHOOK_SECRET": "whsec_abcdefgh12345678", **NO_STRIPE}
    stack = Stack(root=checkout, env=env)
    try:
        stack.start()
        stack.wait_until_ready()
        stack.wait_for_log("a LIVE account: payments move real money")
    finally:
        stack.close()


def test_help_explains_the_settings(checkout: Path) -> None:
    ran = subprocess.run(["./scripts/dev", "--help"], cwd=checkout, env=os.environ, capture_output=True, text=True)
    assert ran.returncode == 0
    assert "EMULATOR_PORT" in ran.stdout


def test_an_unknown_option_is_a_usage_error(checkout: Path) -> None:
    ran = subprocess.run(["./scripts/dev", "--nope"], cwd=checkout, env=os.environ, capture_output=True, text=True)
    assert ran.returncode == 2
