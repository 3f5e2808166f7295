"""Apply the changes and commands of docs/adapting.md to a copy of the code, step by step, and check that they work."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
import urllib3

from tests.support.checkout import copy_code
from tests.support.emulator import KEY, Emulator
from tests.support.server import Server
from tests.support.stack import ROOT, Stack, clean_environment
from tests.support.waiting import WITHIN_S, until
from tests.system.docs.receiver import Receiver
from tests.system.docs.steps import blocks
from tests.system.scripts.shop import await_status, check_out, pay

GUIDE = ROOT / "docs" / "adapting.md"
CHANGES = ("Act on a paid order", "Offer more on the payment page", "Handle another event", "Use another tunnel")
DEPLOY = "Deploy it behind a real domain"
PUBLIC = "https://pay.example.com"  # as in the guide
TUNNEL_HOST = "shop.mytunnel.example"

http = urllib3.PoolManager(retries=False, timeout=30)


def run(command: str, folder: Path, env: dict[str, str]) -> str:
    """Run a command of the guide in a shell. Return its output."""
    return subprocess.run(
        command, shell=True, cwd=folder, env=env, check=True, capture_output=True, text=True
    ).stdout  # fmt: skip


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver({"/status": {"url": f"https://{TUNNEL_HOST}"}}) as running:
        yield running


@pytest.fixture(scope="module")
def code() -> Iterator[Path]:
    """A copy of the code with every change of the guide."""
    with tempfile.TemporaryDirectory(prefix="adapted-") as folder:
        copy = copy_code(Path(folder) / "code")
        for section in CHANGES:
            (diff,) = blocks(GUIDE, section, "diff")
            subprocess.run(["git", "apply", "-"], cwd=copy, input=diff, text=True, check=True)
        yield copy


@pytest.fixture(scope="module")
def adapted(code: Path, receiver: Receiver) -> Iterator[Stack]:
    """The running system with these changes."""
    (code / ".env").write_text(f"WAREHOUSE_URL={receiver.url}/parcels\nMYTUNNEL_API_URL={receiver.url}\n")
    with Stack(root=code) as running:
        yield running


def test_an_added_product_is_sold(adapted: Stack, code: Path, receiver: Receiver) -> None:
    (command,) = blocks(GUIDE, "Add a product", "sh")
    run(command, code, adapted.env)
    products = http.request("GET", f"{adapted.url}/api/products/").json()
    assert "Green tea" in str(products)
    basket = {"items": [{"sku": "tea", "quantity": 2}]}
    started = http.request("POST", f"{adapted.url}/api/checkout/", json=basket).json()
    pay(adapted.emulator_url, adapted, started)
    await_status(adapted, started, "paid")
    # The warehouse is called once.
    ((_, parcel),) = until(lambda: parcels(receiver, started))
    assert parcel == {"tea": 2}


def parcels(receiver: Receiver, started: dict[str, Any]) -> list[tuple[dict[str, str], Any]]:
    return [each for each in receiver.posted if each[0].get("Idempotency-Key") == started["order_id"]]


def test_the_payment_page_offers_more(adapted: Stack) -> None:
    session_id = check_out(adapted)["checkout_url"].rpartition("/")[2]
    api = stripe.StripeClient(KEY, base_addresses={"api": adapted.emulator_url})
    session = api.v1.checkout.sessions.retrieve(session_id)
    assert session.metadata
    assert (session.submit_type, session.metadata["season"]) == ("book", "summer")


def test_a_broken_promise_is_refused_at_the_start(code: Path, tmp_path: Path) -> None:
    copy = copy_code(tmp_path / "code")
    hook = copy / "app" / "payments" / "session_options.py"
    hook.write_text(hook.read_text().replace("return params", 'return {**params, "mode": "setup"}'))
    env = clean_environment(copy) | {"DATA_DIR": str(tmp_path / "data")}
    for command in (["manage.py", "check"], ["-m", "app.config.prepare"]):
        refused = subprocess.run([sys.executable, *command], cwd=copy, env=env, capture_output=True, text=True)
        said = (refused.stdout + refused.stderr).strip()
        assert refused.returncode
        assert "customize_session (app/payments/session_options.py) changes mode" in said.splitlines()[-1]
        assert "Traceback" not in said


def test_the_added_event_is_handled(adapted: Stack) -> None:
    started = check_out(adapted)
    pay(adapted.emulator_url, adapted, started, card="pm_card_createIssuerFraudRecord")
    await_status(adapted, started, "needs_review")


def test_the_added_event_is_listed_for_stripes_endpoint(code: Path, adapted: Stack) -> None:
    new = "radar.early_fraud_warning.created"
    assert new in run(blocks(GUIDE, DEPLOY, "sh")[0], code, adapted.env).split()


def test_links_use_the_added_tunnel(adapted: Stack) -> None:
    headers = {"Host": TUNNEL_HOST, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

    def status_url() -> str:
        answer = http.request("POST", f"{adapted.url}/api/checkout/", headers=headers)
        return str(answer.json()["status_url"]) if answer.status == 200 else ""

    assert until(status_url).startswith(f"https://{TUNNEL_HOST}/api/orders/")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The emulator in place of Stripe, through STRIPE_API_BASE."""
    with Emulator() as running:
        yield running


@pytest.fixture
def deployed(emulator: Emulator, tmp_path: Path) -> Iterator[Server]:
    """Run the guide's commands for a real domain without a container, with its variables."""
    (variables,) = blocks(GUIDE, DEPLOY, "ini")
    list_events, migrate, serve, work = blocks(GUIDE, DEPLOY, "sh")
    env = clean_environment()
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    options: Any = {"url": f"{PUBLIC}/stripe-webhook/", "enabled_events": run(list_events, ROOT, env).split()}
    endpoint = emulator.stripe.v1.webhook_endpoints.create(options)
    env |= dict(line.split("=", 1) for line in variables.splitlines())
    env |= {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "DATA_DIR": str(tmp_path), "DOCTOR_AT_START": "0"}
    env |= {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": emulator.url, "STRIPE_WEBHOOK_SECRET": str(endpoint.secret)}
    run(migrate, ROOT, env)
    server = Server(shlex.split(serve.replace("0.0.0.0:8000", "127.0.0.1:PORT")), env, log=tmp_path / "log")
    worker = subprocess.Popen(shlex.split(work), cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        with server:
            # As if the domain's name led here.
            emulator.stripe.v1.webhook_endpoints.update(endpoint.id, {"url": f"{server.url}/stripe-webhook/"})
            yield server
            assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(WITHIN_S)


def test_a_deployed_shop_is_paid_through_stripes_endpoint(deployed: Server, emulator: Emulator) -> None:
    answer = ask(deployed, "POST", "/api/checkout/")
    started = answer.json()
    assert answer.headers["Strict-Transport-Security"]
    assert started["status_url"].startswith(f"{PUBLIC}/api/orders/")
    assert not started["checkout_url"].startswith(PUBLIC), "the buyer pays on Stripe's page"
    assert emulator.pay(started["checkout_url"].rpartition("/")[2]) == 200
    path = started["status_url"].removeprefix(PUBLIC)
    until(lambda: ask(deployed, "GET", path).json()["status"] == "paid")
    assert ask(deployed, "GET", "/admin/").status == 404
    assert ask(deployed, "GET", "/console/").status == 404


def ask(server: Server, method: str, path: str) -> urllib3.BaseHTTPResponse:
    """Send a request as the reverse proxy does."""
    headers = {"Host": urlsplit(PUBLIC).netloc, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    return http.request(method, server.url + path, headers=headers)
