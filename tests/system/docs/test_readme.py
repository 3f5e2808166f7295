"""README.md: short, its links lead somewhere, and its commands work word for word."""

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from app.payments.stripe.event_types import listen_command
from tests.cli.cli import RunningCli
from tests.cli.installed import not_here, stripe_cli
from tests.cli.local_stripe import KEY, LocalStripe
from tests.compose.stack import clone
from tests.support.readme import command, commands
from tests.support.stack import ROOT, Stack, clean_environment
from tests.support.waiting import until
from tests.system.docs.terminal import ACTIVATE, Terminal, own_network
from tests.system.scripts.shop import await_status, check_out, pay
from tests.system.scripts.test_venv import pip_settings
from tests.tunnel.network import lacking

README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(
        f"docs/{name}.md"
        for name in ("adapting", "architecture", "operating", "platforms", "scaling", "security", "troubleshooting")
    ),
]
TWO_SCREENS = 100  # lines
APP, STRIPE = "http://127.0.0.1:8000", "http://127.0.0.1:12111"
INSTALLED_WITHIN_S = 600.0
# Commands in code blocks, and the program's own advice. A line with "…" is not a complete command.
LISTEN = [
    *(line.strip() for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*emulator/**/README.md")]
      for line in file.read_text().splitlines() if re.match(r" *stripe listen [^`…]+$", line)),
    shlex.join(listen_command("http://127.0.0.1:8000/stripe-webhook/")),
]  # fmt: skip


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= TWO_SCREENS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_has_a_target(document: str) -> None:
    file = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_only_existing_commands_are_named() -> None:
    names = re.findall(r"\./scripts/run (\w+)", README)
    usage = (ROOT / "scripts/run").read_text().split("END")[1]
    assert names
    assert [name for name in names if f"\n  {name} " not in usage and name not in get_commands()] == []


@pytest.fixture
def user_env(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has installed the requirements and logged in to the Stripe CLI."""
    path = f"{Path(sys.executable).parent}:{Path(stripe_cli()).parent}:/usr/bin:/bin"
    return clean_environment() | {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": "", "STRIPE_API_KEY": KEY}


def test_dev_ends_in_a_paid_order(tmp_path: Path) -> None:
    code = clone(tmp_path / "clone")
    line = f"exec {command('./scripts/dev')}"
    stack = Stack(root=code, command=("sh", "-c", line), data_dir=code / ".data", env=pip_settings())
    try:
        stack.start()
        stack.wait_until_ready(INSTALLED_WITHIN_S)
        started = check_out(stack)
        pay(stack.emulator_url, stack, started)
        await_status(stack, started, "paid")
    finally:
        stack.close()


@pytest.fixture
def network() -> Iterator[str]:
    if lack := lacking(("ip", "curl")):
        not_here(lack)
    with own_network() as name:
        yield name


@pytest.mark.cli
def test_the_manual_setup_ends_in_a_paid_order(network: str, user_env: dict[str, str], tmp_path: Path) -> None:
    *install, migrate, runserver, listen = commands("Manual setup")
    code, socket = clone(tmp_path / "clone"), Path(tempfile.mkdtemp(dir="/tmp")) / "stripe.sock"
    stripe = {"STRIPE_API_BASE": STRIPE, "STRIPE_CLI_UNIX_SOCKET": str(socket)}  # in place of api.stripe.com
    terminal = Terminal(network, code, user_env | pip_settings() | stripe, tmp_path)
    terminal.install(install)
    fill_in(code / ".env", "STRIPE_SECRET_KEY", KEY)
    terminal.run(migrate)
    with (
        terminal.running(f"python -m stripe_emulator --uds {socket}", says="Stripe emulator on"),
        terminal.listen(listen) as listening,
    ):
        fill_in(code / ".env", "STRIPE_WEBHOOK_SECRET", listening.secret)
        with terminal.running(runserver, says="Quit the server"):
            post = ("--header", "Content-Type: application/json", "--data", '{"customer_email": "ada@example.com"}')
            started = until(lambda: terminal.ask(f"{APP}/api/checkout/", *post), "the app answers")
            session = started["checkout_url"].rpartition("/")[2]
            confirm = f"{STRIPE}/v1/payment_pages/{session}/confirm"
            terminal.ask(confirm, "--user", f"{KEY}:", "--data", "payment_method=pm_card_visa")
            until(lambda: terminal.ask(started["status_url"])["status"] == "paid", "the order is paid")
            with terminal.running("python manage.py db_worker", says="Subject:") as log:
                assert "ada@example.com" in log.read_text()


def test_the_manual_setup_names_what_the_other_terminals_need() -> None:
    text = README.split("## Manual setup")[1].split("\n## ")[0]
    for line in (ACTIVATE, "python manage.py db_worker", "python -m stripe_emulator", "STRIPE_WEBHOOK_SECRET"):
        assert f"`{line}`" in text


@pytest.mark.cli
@pytest.mark.parametrize("line", LISTEN)
def test_every_stripe_listen_command_works_as_printed(line: str, user_env: dict[str, str]) -> None:
    with LocalStripe() as stripe:
        if "--api-base" in line:
            line = line.replace("http://127.0.0.1:12111", stripe.url)
            extra = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # its check for a newer version fails immediately
        else:
            extra = {"STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
        with RunningCli(["sh", "-c", f"cd '{ROOT}' && exec {line}"], user_env | extra) as listening:
            assert listening.secret


def fill_in(env_file: Path, name: str, value: str) -> None:
    text, filled = re.subn(rf"^{name}=$", f"{name}={value}", env_file.read_text(), flags=re.M)
    assert filled == 1
    env_file.write_text(text)
