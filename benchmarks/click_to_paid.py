"""From the click on Pay to `paid` in the API, through the real Stripe CLI: emulator → CLI → webhook → database."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from benchmarks import contenders
from benchmarks.rounds import BenchmarkError, Result, Table, Target, say
from tests.cli.cli import Cli
from tests.cli.installed import stripe_cli
from tests.cli.local_stripe import LocalStripe
from tests.support.postgres import Postgres

POLL_INTERVAL = 0.002  # seconds
TIMEOUT = 20.0  # seconds


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    payments = 10 if quick else 60
    note = "`confirmed`: until Stripe's response to the click. Polled every 2 ms."
    table = Table("Pay click to paid, milliseconds", note)
    with LocalStripe() as stripe:
        ours = contenders.ours()
        secret = folder / "secret"
        ours.prepare(postgres, folder)
        ours.settings |= {"STRIPE_EMULATOR_URL": stripe.url, "STRIPE_WEBHOOK_SECRET_FILE": str(secret)}
        (folder / "home").mkdir()
        cli = Cli(stripe_cli(), stripe, folder / "home")
        with (
            ours.server() as server,
            cli.listen("--forward-to", f"{server.url}{ours.path}", events=["checkout.session.completed"]) as listening,
        ):
            secret.write_text(listening.secret + "\n")
            for number in range(payments + 1):
                confirmed, paid = _pay(stripe, server.url)
                if number:  # the first one opens connections
                    table.add("this project", number, confirmed=confirmed, paid=paid)
    say(f"{payments} payments")
    median = table.median("this project", "paid")
    target = Target("click on Pay to paid, median", median, 100, 30, "ms", most=True, advisory=True)
    return Result("click_to_paid", [table], [target])


def _pay(stripe: LocalStripe, url: str) -> tuple[float, float]:
    """Return the milliseconds until the confirmation's response, and until the API returns `paid`."""
    http = urllib3.PoolManager(retries=False)
    checkout = http.request("POST", f"{url}/api/checkout/").json()
    session = urlsplit(checkout["checkout_url"]).path.rsplit("/", 1)[-1]
    status = f"{url}/api/orders/{checkout['order_id']}/"
    began = time.perf_counter()
    if stripe.pay(session) != 200:
        raise BenchmarkError("the payment was not accepted")
    confirmed = time.perf_counter() - began
    while http.request("GET", status).json()["status"] != "paid":
        if time.perf_counter() - began > TIMEOUT:
            raise BenchmarkError(f"not paid after {TIMEOUT:g} s")
        time.sleep(POLL_INTERVAL)
    return confirmed * 1000, (time.perf_counter() - began) * 1000
