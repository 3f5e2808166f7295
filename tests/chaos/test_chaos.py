"""The worst day: buyers pay while everything is killed with -9 and Stripe's events and answers go astray.

The shop is this one with an edit: it gives some buyers a coupon. On Postgres two workers share the work.

CHAOS_PAYMENTS=1000 CHAOS_SEED=7 ./scripts/test chaos, or CHAOS_SEED=1-10 for ten of them, one after the other. Of one
database alone: .venv/bin/python -m pytest tests/chaos -k postgres. A seed deals the same stories, faults and victims;
CHAOS_BUYERS is how many buyers there are at once.
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

from tests.chaos.beside import KeptRunning, Listener, second_worker
from tests.chaos.buyers import COUPON, COUPON_ADDRESSES, Buyer, GaveUpError, draw_stories
from tests.chaos.conftest import DAYS
from tests.chaos.ledger import Outcome, Reckoning, reckon
from tests.chaos.troubles import Troubles
from tests.cli.installed import stripe_cli
from tests.support.checkout import copy_code
from tests.support.emulator import KEY, Emulator
from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import SECRET as SIGNING_SECRET

PAYMENTS = int(os.environ.get("CHAOS_PAYMENTS", "40"))
FIRST_SEED, _, LAST_SEED = os.environ.get("CHAOS_SEED", "1").partition("-")
SEEDS = range(int(FIRST_SEED), int(LAST_SEED or FIRST_SEED) + 1)
BUYERS_AT_ONCE = int(os.environ.get("CHAOS_BUYERS", "16"))
HEALED_WITHIN_S = 60.0
SETTINGS = {
    # Quicker than by default, because this test does not last a day.
    "CATCH_UP_INTERVAL": "3",
    "FULFILLMENT_LEASE": "5",
    "CHECKOUTS_PER_MINUTE": "0",
    "STATUS_CALLS_PER_MINUTE": "0",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Day:
    """What happened, and what came of it."""

    seed: int
    database: str
    seconds: float = 0.0
    seconds_to_heal: float = 0.0
    gave_up: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    reckoning: Reckoning = field(default_factory=Reckoning)

    @property
    def faults(self) -> dict[str, int]:
        """How many there are of each kind; all 0 on a good day."""
        names = ("lost", "doubled", "wrong", "unfulfilled")
        return {name: len(getattr(self.reckoning, name)) for name in names} | {"gave up": len(self.gave_up)}

    def line(self) -> str:
        """The day among others."""
        faults = ", ".join(f"{count} {name}" for name, count in self.faults.items())
        return f"{self.database:>10}, seed {self.seed:>3}: {PAYMENTS} payments, {self.kills.total()} kills: {faults}"

    def table(self) -> str:
        """The day in one table."""
        found = self.reckoning
        rows = {
            "chaos": f"{PAYMENTS} payments, seed {self.seed}, {self.database}, {self.seconds:.0f} s",
            **{name: str(count) for name, count in self.faults.items()},
            "kills": _listed(self.kills),
            "deliveries": _listed(found.deliveries),
            "Stripe's last refusals": _listed(found.refusals),
            "orders": _listed(found.by_status),
            "receipts sent again": str(found.receipts_sent_again),
            "seconds to heal": f"{self.seconds_to_heal:.1f}",
        }
        details = [*found.lost, *found.doubled, *found.wrong, *found.unfulfilled, *self.gave_up]
        return "\n".join([*(f"{name:>23}  {value}" for name, value in rows.items()), *details[:40]])


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Postgres | None]:
    """A Postgres of its own, or None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    if not find_postgres():
        pytest.skip("no PostgreSQL server on this machine")
    with Postgres(durable=True) as server:  # what it has committed is to survive
        yield server


@pytest.fixture
def cli() -> str | None:
    """The official Stripe CLI, where it can be had."""
    with suppress(pytest.skip.Exception):
        return stripe_cli()
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_wrong_after_the_worst_day(
    database: Postgres | None,
    cli: str | None,
    seed: int,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    day = Day(seed, "Postgres" if database else "SQLite")
    with ExitStack() as cleanup:
        folders = (cleanup.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")) for _ in range(3))
        mails, home, code = map(Path, folders)
        url = database.new_database() if database else ""
        prepared = str(seed % 2)  # as Docker has it, and as ./scripts/dev has it
        env = {
            **SETTINGS,
            "DATABASE_PREPARED_STATEMENTS": prepared,
            "EMAIL_URL": f"filemail:///{mails}",
            "STRIPE_WEBHOOK_SECRET": SIGNING_SECRET,
        }
        stack = Stack(root=_shop_with_coupons(code / "shop"), database_url=url, env=env)
        beside: dict[str, KeptRunning] = {"cli": _listener(cli, stack, home)} if cli else {}
        if database:
            beside["second worker"] = second_worker(stack)
        cleanup.enter_context(stack)
        for each in beside.values():
            cleanup.enter_context(each)
        stripe.StripeClient(KEY, base_addresses={"api": stack.emulator_url}).v1.coupons.create(COUPON)
        started = time.monotonic()
        promised = _let_them_buy(stack, database, beside, day)
        day.seconds = time.monotonic() - started
        _let_it_heal(stack, mails, promised, day)
    with capsys.disabled():
        print(f"\n{day.table()}")  # noqa: T201
    pytestconfig.stash.setdefault(DAYS, []).append(day.line())
    assert day.reckoning.is_right, f"\n{day.table()}\n{stack.log[-20_000:]}"
    assert not day.gave_up
    # One that has the same Message-ID, and only by the hand of a worker that was cut off.
    assert day.reckoning.receipts_sent_again <= day.kills.total()


def _shop_with_coupons(folder: Path) -> Path:
    """A checkout of the code that gives buyers a coupon, by their addresses."""
    code = copy_code(folder)
    checkout = code / "app/payments/api/checkout.py"
    before, after = "    return params\n", f"params['discounts'] = [{{'coupon': '{COUPON['id']}'}}]\n"
    text = checkout.read_text()
    assert text.count(before) == 1
    condition = f"    if order.customer_email.startswith('{COUPON_ADDRESSES}'):\n        "
    checkout.write_text(text.replace(before, condition + after + before))
    return code


def _listener(cli: str, stack: Stack, home: Path) -> Listener:
    """The CLI, not yet started; the system, not yet started either, is told its secret."""
    listener = Listener(cli, stack, home)
    with Emulator(port=stack.emulator_port, data=stack.data_dir / "stripe_emulator.db"):
        stack.env["STRIPE_WEBHOOK_SECRET"] += f",{listener.secret()}"
    return listener


def _let_them_buy(
    stack: Stack, database: Postgres | None, beside: Mapping[str, KeptRunning], day: Day
) -> dict[str, Outcome | None]:
    """All buyers' stories amid the troubles; the orders that were promised to them."""
    dice = random.Random(day.seed)
    http = urllib3.PoolManager(maxsize=BUYERS_AT_ONCE, retries=False, timeout=30)
    buyers = [Buyer(story, stack, random.Random(dice.random()), http) for story in draw_stories(PAYMENTS, dice)]

    def live(buyer: Buyer) -> None:
        try:
            buyer.live()
        except GaveUpError as error:
            day.gave_up.append(f"{buyer.story}: {error}")

    with Troubles(stack, database, beside, random.Random(dice.random())) as troubles:
        with ThreadPoolExecutor(BUYERS_AT_ONCE) as crowd:
            list(crowd.map(live, buyers))
        day.kills = troubles.kills
    return {str(buyer.promised["order_id"]): buyer.outcome for buyer in buyers if buyer.promised}


def _let_it_heal(stack: Stack, mails: Path, promised: Mapping[str, Outcome | None], day: Day) -> None:
    """Until everything is right, which nobody has to do anything for."""
    started = time.monotonic()
    while time.monotonic() - started < HEALED_WITHIN_S:
        try:
            day.reckoning = reckon(stack, mails, promised)
        except (StripeError, HTTPError, CalledProcessError) as error:  # it is only just coming up again
            day.reckoning = Reckoning(wrong=[f"nobody can say: {error!r}"])
        if day.reckoning.is_right:
            break
        time.sleep(0.5)
    day.seconds_to_heal = time.monotonic() - started
