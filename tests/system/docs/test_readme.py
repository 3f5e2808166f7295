"""README.md: short, its links lead somewhere, and the way by hand works as it is written."""

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
    *(f"docs/{name}.md" for name in ("adapting", "architecture", "security", "troubleshooting")),
]
TWO_SCREENS = 90  # lines
# The commands in code blocks and, as the program prints it, its advice. One with "…" is no whole command.
LISTEN = [
    *(line.strip() for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*emulator/**/README.md")]
      for line in file.read_text().splitlines() if re.match(r" *stripe listen [^`…]+$", line)),
    shlex.join(listen_command("http://127.0.0.1:8000/stripe-webhook/")),
]  # fmt: skip


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= TWO_SCREENS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    file = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_it_names_only_commands_that_exist() -> None:
    names = re.findall(r"\./scripts/run (\w+)", README)
    usage = (ROOT / "scripts/run").read_text().split("END")[1]
    assert names
    assert [name for name in names if f"\n  {name} " not in usage and name not in get_commands()] == []


@pytest.fixture
def by_hand() -> dict[str, str]:
    """The commands of that section, by their first words, without those that install."""
    section = README.split("## By hand")[1].split("\n## ")[0]
    code = textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ")))
    return {" ".join(line.split()[:3]): line for line in code.splitlines()[2:]}


@pytest.fixture
def typed(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has installed the requirements and the Stripe CLI, and is logged in there."""
    path = f"{Path(sys.executable).parent}:{Path(stripe_cli()).parent}:/usr/bin:/bin"
    return clean_environment() | {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": "", "STRIPE_API_KEY": KEY}


@pytest.mark.cli
def test_the_way_by_hand_ends_in_a_paid_order(by_hand: dict[str, str], typed: dict[str, str], tmp_path: Path) -> None:
    code = copy_code(tmp_path / "code")
    shutil.copy(ROOT / ".env.example", code)
    with LocalStripe() as stripe:
        env = typed | {"STRIPE_API_BASE": stripe.url, "STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
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
def test_every_line_with_the_stripe_cli_works_as_printed(line: str, typed: dict[str, str]) -> None:
    with LocalStripe() as stripe:
        if "--api-base" in line:
            line = line.replace("http://127.0.0.1:12111", stripe.url)
            there = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # where it asks for a newer version: refused at once
        else:
            there = {"STRIPE_CLI_UNIX_SOCKET": str(stripe.socket)}
        with RunningCli(["sh", "-c", f"cd '{ROOT}' && exec {line}"], typed | there) as listening:
            assert listening.secret


def fill_in(env_file: Path, name: str, value: str) -> None:
    text, filled = re.subn(rf"^{name}=$", f"{name}={value}", env_file.read_text(), flags=re.M)
    assert filled == 1
    env_file.write_text(text)
