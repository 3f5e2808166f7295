"""Chaos test: buyers pay while processes are killed with -9 and Stripe's events and responses get lost.

The shop runs with one edit: it gives some buyers a coupon. On Postgres, two workers share the work.

Run it with CHAOS_PAYMENTS=1000 CHAOS_SEED=7 ./scripts/test chaos; CHAOS_SEED=1-10 makes ten runs in sequence. For one
database: .venv/bin/python -m pytest tests/chaos -k postgres. A seed determines stories, faults and victims;
CHAOS_BUYERS is the number of concurrent buyers.
"""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CalledProcessError

import pytest
import stripe
import urllib3
from stripe import StripeError
from urllib3.exceptions import HTTPError

from tests.chaos.buyers import COUPON, COUPON_ADDRESSES, Buyer, GaveUpError, draw_stories
from tests.chaos.conftest import RUNS
from tests.chaos.faults import Faults
from tests.chaos.ledger import Outcome, Reconciliation, Sent, reconcile
from tests.chaos.processes import Listener, RestartedProcess, second_worker
from tests.cli.installed import stripe_cli
from tests.support.checkout import copy_code
from tests.support.emulator import KEY, Emulator
from tests.support.endpoint import SECRET, endpoint_running
from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import SECRET as SIGNING_SECRET

PAYMENTS = int(os.environ.get("CHAOS_PAYMENTS", "40"))
FIRST_SEED, _, LAST_SEED = os.environ.get("CHAOS_SEED", "1").partition("-")
SEEDS = range(int(FIRST_SEED), int(LAST_SEED or FIRST_SEED) + 1)
BUYERS_AT_ONCE = int(os.environ.get("CHAOS_BUYERS", "16"))
HEALED_WITHIN_S = 60.0
REJECTED_CALLS = 10  # the first calls of ORDER_WEBHOOK_URL; later ones are accepted
SETTINGS = {
    # Shorter than the defaults: a test can't wait for hours.
    "CATCH_UP_INTERVAL": "3",
    "FULFILLMENT_LEASE": "5",
    "CHECKOUTS_PER_MINUTE": "0",
    "STATUS_CALLS_PER_MINUTE": "0",
    "LOG_LEVEL": "WARNING",
    "ORDER_WEBHOOK_ALLOW_PRIVATE": "1",
    "ORDER_WEBHOOK_SECRET": SECRET,
}


@dataclass
class ChaosRun:
    """The measurements and the result of one run."""

    seed: int
    database: str
    seconds: float = 0.0
    seconds_to_heal: float = 0.0
    gave_up: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    reconciliation: Reconciliation = field(default_factory=Reconciliation)

    @property
    def faults(self) -> dict[str, int]:
        """The number of faults of each kind; all 0 in a successful run."""
        names = ("lost", "duplicated", "wrong", "unfulfilled")
        return {name: len(getattr(self.reconciliation, name)) for name in names} | {"gave up": len(self.gave_up)}

    def line(self) -> str:
        """Return a one-line summary."""
        faults = ", ".join(f"{count} {name}" for name, count in self.faults.items())
        return f"{self.database:>10}, seed {self.seed:>3}: {PAYMENTS} payments, {self.kills.total()} kills: {faults}"

    def table(self) -> str:
        """Return all results as a table."""
        result = self.reconciliation
        rows = {
            "chaos": f"{PAYMENTS} payments, seed {self.seed}, {self.database}, {self.seconds:.0f} s",
            **{name: str(count) for name, count in self.faults.items()},
            "kills": _listed(self.kills),
            "deliveries": _listed(result.deliveries),
            "Stripe's last errors": _listed(result.refusals),
            "orders": _listed(result.by_status),
            "messages": _listed(result.messages),
            "repeated": _listed(result.repeated),
            "seconds to heal": f"{self.seconds_to_heal:.1f}",
        }
        details = [*result.lost, *result.duplicated, *result.wrong, *result.unfulfilled, *self.gave_up]
        return "\n".join([*(f"{name:>23}  {value}" for name, value in rows.items()), *details[:40]])


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Postgres | None]:
    """Its own Postgres, or None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    if not find_postgres():
        pytest.skip("no PostgreSQL server on this machine")
    with Postgres(durable=True) as server:  # commits must survive a crash
        yield server


@pytest.fixture
def cli() -> str | None:
    """The official Stripe CLI, if available."""
    with suppress(pytest.skip.Exception):
        return stripe_cli()
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_every_order_matches_stripe_after_chaos(
    database: Postgres | None,
    cli: str | None,
    seed: int,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    run = ChaosRun(seed, "Postgres" if database else "SQLite")
    with ExitStack() as cleanup:
        folders = (cleanup.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")) for _ in range(3))
        mails, home, code = map(Path, folders)
        url = database.new_database() if database else ""
        receiver = cleanup.enter_context(endpoint_running())
        receiver.answers = [(503, {})] * REJECTED_CALLS
        prepared = str(seed % 2)  # both defaults: Docker's and that of ./scripts/dev
        env = {
            **SETTINGS,
            "DATABASE_PREPARED_STATEMENTS": prepared,
            "EMAIL_URL": f"filemail:///{mails}",
            "ORDER_WEBHOOK_URL": receiver.url,
            "STRIPE_WEBHOOK_SECRET": SIGNING_SECRET,
        }
        stack = Stack(root=_shop_with_coupons(code / "shop"), database_url=url, env=env)
        others: dict[str, RestartedProcess] = {"cli": _listener(cli, stack, home)} if cli else {}
        if database:
            others["second worker"] = second_worker(stack)
        cleanup.enter_context(stack)
        for each in others.values():
            cleanup.enter_context(each)
        stripe.StripeClient(KEY, base_addresses={"api": stack.emulator_url}).v1.coupons.create(COUPON)
        started = time.monotonic()
        promised = _play_stories(stack, database, others, run)
        run.seconds = time.monotonic() - started
        sent = Sent(mails, lambda: receiver.received[REJECTED_CALLS:])
        _wait_until_healed(stack, sent, promised, run)
    with capsys.disabled():
        print(f"\n{run.table()}")  # noqa: T201
    pytestconfig.stash.setdefault(RUNS, []).append(run.line())
    assert run.reconciliation.matches, f"\n{run.table()}\n{stack.log[-20_000:]}"
    assert not run.gave_up
    # A repeated email or call has the same id, and only a killed worker may send one.
    assert all(count <= run.kills.total() for count in run.reconciliation.repeated.values())


def _shop_with_coupons(folder: Path) -> Path:
    """Copy the code and edit it so that some addresses get a coupon."""
    code = copy_code(folder)
    options = code / "app/payments/session_options.py"
    before, after = "    return params\n", f"params['discounts'] = [{{'coupon': '{COUPON['id']}'}}]\n"
    text = options.read_text()
    assert text.count(before) == 1
    condition = f"    if order.customer_email.startswith('{COUPON_ADDRESSES}'):\n        "
    options.write_text(text.replace(before, condition + after + before))
    return code


def _listener(cli: str, stack: Stack, home: Path) -> Listener:
    """Create the CLI's process and pass its secret to the stack; neither is started yet."""
    listener = Listener(cli, stack, home)
    with Emulator(port=stack.emulator_port, data=stack.data_dir / "stripe_emulator.db"):
        stack.env["STRIPE_WEBHOOK_SECRET"] += f",{listener.secret()}"
    return listener


def _play_stories(
    stack: Stack, database: Postgres | None, others: Mapping[str, RestartedProcess], run: ChaosRun
) -> dict[str, Outcome | None]:
    """Play all stories while faults happen. Return the confirmed orders."""
    dice = random.Random(run.seed)
    http = urllib3.PoolManager(maxsize=BUYERS_AT_ONCE, retries=False, timeout=30)
    buyers = [Buyer(story, stack, random.Random(dice.random()), http) for story in draw_stories(PAYMENTS, dice)]

    def live(buyer: Buyer) -> None:
        try:
            buyer.live()
        except GaveUpError as error:
            run.gave_up.append(f"{buyer.story}: {error}")

    with Faults(stack, database, others, random.Random(dice.random())) as faults:
        with ThreadPoolExecutor(BUYERS_AT_ONCE) as crowd:
            list(crowd.map(live, buyers))
        run.kills = faults.kills
    return {str(buyer.promised["order_id"]): buyer.outcome for buyer in buyers if buyer.promised}


def _wait_until_healed(stack: Stack, sent: Sent, promised: Mapping[str, Outcome | None], run: ChaosRun) -> None:
    """Wait until everything matches, without manual work."""
    started = time.monotonic()
    while time.monotonic() - started < HEALED_WITHIN_S:
        try:
            run.reconciliation = reconcile(stack, sent, promised)
        except (StripeError, HTTPError, CalledProcessError) as error:  # it is being restarted
            run.reconciliation = Reconciliation(wrong=[f"unknown: {error!r}"])
        if run.reconciliation.matches:
            break
        time.sleep(0.5)
    run.seconds_to_heal = time.monotonic() - started
