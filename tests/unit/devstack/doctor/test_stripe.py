"""Break the connections to and from Stripe for real; the doctor names the cause and the fix."""

import json
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
import urllib3
from pytest_django import Settings

from app.payments.stripe import client
from app.payments.stripe.event_types import listen_command
from tests.support.emulator import Emulator
from tests.support.stack import ROOT, Stack
from tests.support.waiting import until
from tests.unit.devstack.doctor.runs import KEY, SECRET, Server, check, doctor, sql

ERROR = json.dumps({"error": {"type": "api_error", "message": f"Invalid API Key provided: {KEY}"}})


class TestStripe:
    """The connection to Stripe."""

    def test_an_unknown_currency_is_fixed_in_the_product(self, stack: Stack) -> None:
        sql(stack, "UPDATE payments_product SET currency = 'xyz'")
        try:
            found = doctor(stack)
        finally:
            sql(stack, "UPDATE payments_product SET currency = 'usd'")
        assert "Stripe has no currency 'xyz'" in found["round_trip"]["cause"]
        assert "Correct the product in /admin/" in found["round_trip"]["remedy"]

    @pytest.fixture
    def at(self, settings: Settings) -> Iterator[Callable[[Server], None]]:
        """Make a server this process's Stripe."""

        def use(server: Server) -> None:
            settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = KEY, server.url
            client.client.cache_clear()

        yield use
        client.client.cache_clear()

    @pytest.mark.parametrize(
        ("status", "summary", "remedy"),
        [
            (403, "restricted key lacks permissions", "write access to Checkout Sessions"),
            (429, "rate limit is exceeded", "Wait a minute"),
            (500, "Stripe is failing", "status.stripe.com"),
            (402, "Stripe rejects the app's request", "Read Stripe's message"),
        ],
    )
    def test_stripes_errors_are_explained(
        self, at: Callable[[Server], None], status: int, summary: str, remedy: str
    ) -> None:
        with Server(status, ERROR, {"Request-Id": "req_1", "Stripe-Should-Retry": "false"}) as stripe:
            at(stripe)
            found = check("key")
        assert summary in found.verdict.summary
        assert remedy in found.verdict.remedy
        assert KEY not in str(found)

    def test_a_wrong_key_is_named(self, stack: Stack) -> None:
        with Server(401, ERROR, {"Request-Id": "req_1"}) as stripe:
            found = doctor(stack, STRIPE_SECRET_KEY=KEY, STRIPE_API_BASE=stripe.url)
        assert "rejects the secret key" in found["key"]["summary"]
        assert "Copy the secret key (sk_test_…) again" in found["key"]["remedy"]
        assert KEY not in found.printed
        assert found["round_trip"]["summary"] == "skipped: “Access” failed"
        assert found.exit_code == 1

    def test_an_unreachable_stripe_is_named(self, stack: Stack) -> None:
        found = doctor(stack, STRIPE_SECRET_KEY=KEY, STRIPE_API_BASE="http://127.0.0.1:9")
        assert found["key"]["summary"] == "Stripe can't be reached"
        assert found["key"]["cause"] == "Nothing is listening at that address."

    def test_a_stopped_local_stripe_is_named(self, stack: Stack) -> None:
        found = doctor(stack, STRIPE_EMULATOR_URL="http://127.0.0.1:9")
        assert found["key"]["summary"] == "The local Stripe is not responding"
        assert "./scripts/dev" in found["key"]["remedy"]

    @pytest.mark.parametrize(
        ("offset", "status", "words"),
        [(-3630, "failed", "1 h 0 min slow"), (150, "warning", "2 min")],
    )
    def test_a_wrong_clock_is_named(self, at: Callable[[Server], None], offset: int, status: str, words: str) -> None:
        date = formatdate(time.time() - offset, usegmt=True)
        with Server(200, '{"object": "list", "data": []}', {"Date": date}) as stripe:
            at(stripe)
            found = check("clock")
        assert found.status == status
        assert words in found.verdict.cause
        assert "set-ntp" in found.verdict.remedy

    def test_a_fast_clock_is_the_only_failure(self, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text("import time; right = time.time; time.time = lambda: right() + 3600")
        with Emulator() as stripe:
            env = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_WEBHOOK_SECRET": SECRET}
            with Stack(env=env | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)}) as own:
                found = doctor(own)
        assert found.broken() == ["clock"]
        assert found["clock"]["summary"] == "1 h 0 min fast: every webhook is rejected"
        assert "set-ntp" in found["clock"]["remedy"]
        assert found["round_trip"]["summary"] == "skipped: “Clock” failed"

    def test_orders_of_the_local_stripe_survive_a_key(self, stripe: Emulator, tmp_path: Path) -> None:
        """The database keeps orders that were paid at the local Stripe."""
        data = tmp_path / "data"
        with Stack(data_dir=data) as shop:
            ids = [urllib3.request("POST", f"{shop.url}/api/checkout/").json()["order_id"] for _ in range(2)]
            [[paid]] = sql(shop, "SELECT stripe_session_id FROM payments_order WHERE id = ?", uuid.UUID(ids[0]).hex)
            pay = f"{shop.emulator_url}/v1/payment_pages/{paid}/confirm"
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
            assert urllib3.request("POST", pay, body="payment_method=pm_card_visa", headers=headers).status == 200
            until(lambda: status_of(shop, ids[0]) == "paid", "the order is paid")
        key = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_WEBHOOK_SECRET": SECRET}
        with Stack(data_dir=data, env=key | {"PATH": "/usr/bin:/bin"}) as shop:
            found = doctor(shop, "--without", "round_trip")
            assert found["orders"]["status"] == "warning"
            assert "at the local Stripe" in found["orders"]["cause"]
            refund = [sys.executable, "manage.py", "refund", ids[0]]
            refused = subprocess.run(refund, cwd=ROOT, env=shop.env, capture_output=True, text=True)
            assert refused.returncode == 1
            assert "CommandError: Stripe does not know this payment" in refused.stderr
            sql(shop, "UPDATE payments_order SET created_at = datetime(created_at, '-2 hours')")
            for _ in range(2):
                shop.manage("catch_up")
            assert (status_of(shop, ids[0]), status_of(shop, ids[1])) == ("paid", "expired")
            shown = urllib3.request("GET", f"{shop.url}/console/orders/{ids[1]}/").json()
            assert shown["reason"].startswith("Stripe does not know this order's Checkout Session")


def status_of(stack: Stack, order_id: str) -> str:
    return str(urllib3.request("GET", f"{stack.url}/api/orders/{order_id}/").json()["status"])


class TestEvents:
    """The delivery of events."""

    def test_no_event_arrives_without_the_stripe_cli(self, own: Stack) -> None:
        """The worker's catch-up, which runs every second here, does not replace it."""
        found = doctor(own, DOCTOR_TIMEOUT="4")
        assert found.broken() == ["round_trip"]
        assert "nothing forwarded it" in found["round_trip"]["summary"]
        assert "Stripe CLI is not running" in found["round_trip"]["cause"]
        command = listen_command(f"http://127.0.0.1:{own.port}/stripe-webhook/")
        assert found["round_trip"]["remedy"].endswith(shlex.join(command))

    def test_a_wrong_secret_is_named(self, own: Stack, stripe: Emulator) -> None:
        # Signed with the endpoint's own secret, which differs from the one in the settings.
        endpoint = stripe.stripe.v1.webhook_endpoints.create(
            {"url": f"{own.url}/stripe-webhook/", "enabled_events": ["checkout.session.expired"]}
        )
        found = doctor(own, DOCTOR_TIMEOUT="4")
        stripe.stripe.v1.webhook_endpoints.delete(endpoint.id)
        assert found.broken() == ["round_trip"]
        assert "webhook secret is wrong" in found["round_trip"]["summary"]
        assert "STRIPE_WEBHOOK_SECRET" in found["round_trip"]["remedy"]
        assert str(endpoint.secret) not in found.printed

    def test_a_missing_secret_is_named(self, own: Stack, tmp_path: Path) -> None:
        found = doctor(own, STRIPE_WEBHOOK_SECRET="", STRIPE_WEBHOOK_SECRET_FILE=str(tmp_path / "none"))
        assert found["webhook_secret"]["status"] == "failed"
        assert "stripe listen --print-secret" in found["webhook_secret"]["remedy"]
        assert found["round_trip"]["summary"] == "skipped: “Webhook secret” failed"

    def test_an_invalid_secret_is_named(self, own: Stack) -> None:
        found = doctor(own, "--without", "round_trip", STRIPE_WEBHOOK_SECRET="sk_test_pasted_by_mistake")
        assert "STRIPE_WEBHOOK_SECRET contains an API key" in found["settings"]["cause"]
        assert "starts with whsec_" in found["settings"]["remedy"]
        assert "by_mistake" not in found.printed

    def test_an_invalid_secret_file_is_named(self, own: Stack, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("> Ready! Your webhook signing secret is whsec_0123456789abcdef (^C to quit)\n")
        found = doctor(own, STRIPE_WEBHOOK_SECRET="", STRIPE_WEBHOOK_SECRET_FILE=str(file))
        assert found["webhook_secret"]["status"] == "failed"
        assert str(file) in found["webhook_secret"]["cause"]
        assert "Use only the word that starts with whsec_" in found["webhook_secret"]["remedy"]
        assert "whsec_0123456789abcdef" not in found.printed

    def test_a_dropped_event_is_named(self, stack: Stack) -> None:
        urllib3.request("POST", f"{stack.emulator_url}/_emulator/faults", json={"kind": "drop_event"})
        try:
            found = doctor(stack, DOCTOR_TIMEOUT="2")
        finally:
            urllib3.request("DELETE", f"{stack.emulator_url}/_emulator/faults")
        assert "dropped the event on purpose" in found["round_trip"]["summary"]
        assert "Switch the fault off" in found["round_trip"]["remedy"]
