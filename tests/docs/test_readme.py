"""README.md: short, its links lead somewhere, and the way by hand works as it is written."""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from app.payments.models import Order
from benchmarks.servers import Server
from tests.checkout import copy_code
from tests.docs.test_adapting import eventually, http, run
from tests.emulator import KEY, Emulator
from tests.stack import ROOT, clean_environment

README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(f"docs/{name}.md" for name in ("adapting", "security")),
]
TWO_SCREENS = 90  # lines


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= TWO_SCREENS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    file = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_it_names_every_status_and_only_commands_that_there_are() -> None:
    assert [status for status in Order.Status.values if f"`{status}`" not in README] == []
    names = re.findall(r"\./scripts/run (\w+)", README)
    usage = (ROOT / "scripts/run").read_text().split("END")[1]
    assert names
    assert [name for name in names if f"\n  {name} " not in usage and name not in get_commands()] == []


@pytest.fixture
def stripe() -> Iterator[Emulator]:
    """In place of Stripe and of the Stripe CLI."""
    with Emulator() as running:
        yield running


@pytest.fixture
def by_hand(tmp_path: Path) -> dict[str, str]:
    """The commands of that section, by their first words, without those that install."""
    section = README.split("## By hand")[1].split("\n## ")[0]
    code = textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ")))
    return {" ".join(line.split()[:3]): line for line in code.splitlines()[2:]}


def test_the_way_by_hand_ends_in_a_paid_order(by_hand: dict[str, str], stripe: Emulator, tmp_path: Path) -> None:
    code = copy_code(tmp_path / "code")
    shutil.copy(ROOT / ".env.example", code)
    python = Path(sys.executable).parent
    env = clean_environment(code) | {"PATH": f"{python}:/usr/bin:/bin", "STRIPE_API_BASE": stripe.url}
    run(by_hand["cp .env.example .env"], code, env)
    fill_in(code / ".env", "STRIPE_SECRET_KEY", KEY)
    run(by_hand["python manage.py migrate"], code, env)
    # What `stripe listen` would print; with it restarted, as the text says.
    forward_to = by_hand["stripe listen --forward-to"].split()[-1].removeprefix("http://127.0.0.1:8000")
    endpoint = stripe.stripe.v1.webhook_endpoints.create({"url": f"{stripe.url}{forward_to}", "enabled_events": ["*"]})
    fill_in(code / ".env", "STRIPE_WEBHOOK_SECRET", str(endpoint.secret))
    runserver = f"cd '{code}' && exec {by_hand['python manage.py runserver']} 127.0.0.1:PORT"
    with Server(["sh", "-c", runserver], env | {"PYTHONPATH": ""}, log=tmp_path / "log") as server:
        stripe.stripe.v1.webhook_endpoints.update(endpoint.id, {"url": f"{server.url}{forward_to}"})
        started = http.request("POST", f"{server.url}/api/checkout/").json()
        assert stripe.pay(started["checkout_url"].rpartition("/")[2]) == 200
        eventually(lambda: http.request("GET", started["status_url"]).json()["status"] == "paid")


def fill_in(env_file: Path, name: str, value: str) -> None:
    text, filled = re.subn(rf"^{name}=$", f"{name}={value}", env_file.read_text(), flags=re.M)
    assert filled == 1
    env_file.write_text(text)
