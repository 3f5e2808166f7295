"""Two developers, each with ./scripts/dev and the official CLI, and one Stripe account (the emulator plays it)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.cli.local_stripe import KEY, LocalStripe
from tests.support.stack import ROOT, Stack
from tests.support.waiting import until

pytestmark = pytest.mark.cli

INBOX = (
    "from app.payments.models import StripeEvent; import json;"
    "print(json.dumps(list(StripeEvent.objects.order_by('pk').values_list('type', 'outcome'))))"
)


@pytest.fixture(scope="module")
def account() -> Iterator[LocalStripe]:
    """The account that both share."""
    with LocalStripe() as running:
        yield running


def settings_of(account: LocalStripe, binary: str) -> dict[str, str]:
    return {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_API_BASE": account.url,
        "STRIPE_CLI_UNIX_SOCKET": str(account.socket),
        "PATH": f"{Path(binary).parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture(scope="module")
def alice(account: LocalStripe, binary: str) -> Iterator[Stack]:
    """One developer's system."""
    with Stack(env=settings_of(account, binary)) as running:
        running.wait_for_log("stripe   | Ready!")
        yield running


@pytest.fixture(scope="module")
def bob(account: LocalStripe, binary: str) -> Iterator[Stack]:
    """The other one's, on the same computer."""
    with Stack(env=settings_of(account, binary)) as running:
        running.wait_for_log("stripe   | Ready!")
        yield running


def check_out(stack: Stack) -> Any:
    answer = urllib3.request("POST", f"{stack.url}/api/checkout/")
    assert answer.status == 200, answer.data
    return answer.json()


def status_of(stack: Stack, order_id: str) -> str:
    return str(urllib3.request("GET", f"{stack.url}/api/orders/{order_id}/").json()["status"])


def inbox(stack: Stack) -> list[list[str]]:
    """The type and outcome of each event."""
    found: list[list[str]] = json.loads(stack.manage("shell", "-v", "0", "-c", INBOX))
    return found


def doctor(stack: Stack) -> Any:
    command = [sys.executable, "manage.py", "doctor", "--json"]
    asked = subprocess.run(command, cwd=ROOT, env=stack.env, capture_output=True, text=True)
    return {finding["check"]: finding for finding in json.loads(asked.stdout)["findings"]}


def device(stack: Stack) -> str:
    return (stack.data_dir / "stripe_device").read_text().strip()


def test_their_devices_and_signing_secrets_differ(alice: Stack, bob: Stack) -> None:
    assert device(alice) != device(bob)
    secrets = [(stack.data_dir / "webhook_secret").read_text() for stack in (alice, bob)]
    assert secrets[0] != secrets[1]


def test_each_settles_only_its_own_orders(alice: Stack, bob: Stack, account: LocalStripe) -> None:
    bought = check_out(alice)
    assert account.pay(urlsplit(bought["checkout_url"]).path.rsplit("/", 1)[-1]) == 200
    until(lambda: status_of(alice, bought["order_id"]) == "paid", "Alice's order is paid")
    paid = "checkout.session.completed"
    until(lambda: [paid, "foreign"] in inbox(bob), "Bob's inbox has it too")
    assert [paid, "applied"] in inbox(alice)
    assert all(outcome != "foreign" for _, outcome in inbox(alice))
    assert not any(kind.startswith("checkout.session") and outcome == "parked" for kind, outcome in inbox(bob))
    assert f"order {bought['order_id']} is of another installation" in bob.log
    assert "which this database does not have" not in bob.log
    shown = urllib3.request("GET", f"{bob.url}/console/state/").json()["events"]
    [told] = [event for event in shown if event["type"] == paid]
    assert told["meaning"] == "about an order of another installation that shares the Stripe account"
    assert device(bob) in urllib3.request("GET", f"{bob.url}/console/").data.decode()


def test_one_doctor_does_not_affect_the_other(alice: Stack, bob: Stack) -> None:
    before = inbox(alice)
    found = doctor(bob)
    assert [name for name, finding in found.items() if finding["status"] == "failed"] == []
    assert found["payments"]["summary"] == "every payment has its order"
    assert "events of other installations in the last day" in found["sharing"]["summary"]
    assert not found["sharing"]["summary"].startswith("no ")
    assert found["sharing"]["summary"].endswith(f"the Stripe CLI listens as {device(bob)}")
    assert inbox(alice) == before, "the session of Bob's doctor is nothing to Alice"


def test_a_refund_by_one_is_foreign_to_the_other(alice: Stack, bob: Stack, account: LocalStripe) -> None:
    bought = check_out(bob)
    account.pay(urlsplit(bought["checkout_url"]).path.rsplit("/", 1)[-1])
    until(lambda: status_of(bob, bought["order_id"]) == "paid", "Bob's order is paid")
    bob.manage("refund", bought["order_id"])
    until(lambda: ["charge.refunded", "foreign"] in inbox(alice), "Alice's inbox has the refund")
    assert status_of(bob, bought["order_id"]) == "refunded"


def test_a_device_keeps_its_name(account: LocalStripe, binary: str, tmp_path: Path) -> None:
    data_dir, names = tmp_path / "data", set()
    for _ in range(2):
        with Stack(data_dir=data_dir, env=settings_of(account, binary) | {"STRIPE_DEVICE_NAME": "carol"}) as stack:
            stack.wait_for_log("stripe   | Ready!")
            names.add(device(stack))
    shutil.rmtree(data_dir)
    [name] = names
    assert name.startswith("carol-")
