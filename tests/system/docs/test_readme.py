"""README.md is short, its links work, and its manual set-up works exactly as written."""

import re
import shlex
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from django.core.management import get_commands

from app.payments.stripe.event_types import listen_command
from tests.cli.cli import RunningCli
from tests.cli.installed import stripe_cli
from tests.cli.local_stripe import KEY, LocalStripe
from tests.support.checkout import copy_code
from tests.support.server import Server
from tests.support.stack import ROOT, clean_environment
from tests.support.waiting import until
from tests.system.docs.test_adapting import http, run

README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(f"docs/{name}.md" for name in ("adapting", "architecture", "security")),
]
TWO_SCREENS = 90  # lines
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
def by_hand() -> dict[str, str]:
    """The commands of the section "Manual setup", by their first words, without the installing ones."""
    section = README.split("## Manual setup")[1].split("\n## ")[0]
    code = textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ")))
    return {" ".join(line.split()[:3]): line for line in code.splitlines()[2:]}


@pytest.fixture
def user_env(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has installed the requirements and logged in to the Stripe CLI."""
    path = f"{Path(sys.executable).parent}:{Path(stripe_cli()).parent}:/usr/bin:/bin"
    return clean_environment() | {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": "", "STRIPE_API_KEY": KEY}


@pytest.mark.cli
def test_the_manual_set_up_ends_in_a_paid_order(
    by_hand: dict[str, str], user_env: dict[str, str], tmp_path: Path
) -> None:
    code = copy_code(tmp_path / "code")
    shutil.copy(ROOT / ".env.example", code)
    with LocalStripe() as stripe:
        env = user_env | {"STRIPE_API_BASE": stripe.url, "STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
        run(by_hand["cp .env.example .env"], code, env)
        fill_in(code / ".env", "STRIPE_SECRET_KEY", KEY)
        run(by_hand["python manage.py migrate"], code, env)
        runserver = f"cd '{code}' && exec {by_hand['python manage.py runserver']} 127.0.0.1:PORT"
        server = Server(["sh", "-c", runserver], env, log=tmp_path / "log")
        listen = by_hand["stripe listen --events"].replace(":8000/", f":{server.port}/")
        with RunningCli(["sh", "-c", f"cd '{code}' && exec {listen}"], env) as listening:
            fill_in(code / ".env", "STRIPE_WEBHOOK_SECRET", listening.secret)
            with server:
                started = http.request("POST", f"{server.url}/api/checkout/").json()
                assert stripe.pay(started["checkout_url"].rpartition("/")[2]) == 200
                until(lambda: http.request("GET", started["status_url"]).json()["status"] == "paid")


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
