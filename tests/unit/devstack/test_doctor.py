"""Break each connection for real; the doctor names it and the fix."""

import json
import shlex
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app.payments.stripe.event_types import listen_command
from tests.support.emulator import Emulator
from tests.support.reverse_proxy import Reply, ReverseProxy
from tests.support.stack import ROOT, Stack
from tests.support.waiting import until

SECRET = "whsec_of_the_doctors_tests"
KEY = "sk_test_of_the_doctors_tests"


class Findings(dict[str, dict[str, str]]):
    """One run's findings by check, its exit code, and its output."""

    def __init__(self, run: "subprocess.CompletedProcess[str]") -> None:
        body = json.loads(run.stdout)
        super().__init__({finding["check"]: finding for finding in body["findings"]})
        self.exit_code, self.printed = run.returncode, run.stdout + run.stderr

    def broken(self) -> list[str]:
        return [name for name, finding in self.items() if finding["status"] == "failed"]


def run(stack: Stack, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=ROOT, env=stack.env | env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def doctor(stack: Stack, *arguments: str, **env: str) -> Findings:
    return Findings(run(stack, "--json", *arguments, **env))


def console(stack: Stack) -> dict[str, dict[str, str]]:
    """Return the connections as the console shows them."""
    answer = urllib3.request("GET", f"{stack.url}/console/state/", timeout=30)
    assert answer.status == 200, answer.data
    links: dict[str, dict[str, str]] = answer.json()["links"]
    return links


class Server(ThreadingHTTPServer):
    """A server with the same response to every request."""

    def __init__(self, status: int = 200, body: str = "", headers: dict[str, str] | None = None) -> None:
        self.answer = status, body.encode(), headers or {}
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_close(self) -> None:
        self.shutdown()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    """Sends `Server.answer`."""

    server: Server

    def do_GET(self) -> None:
        status, body, headers = self.server.answer
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""


class TestOnAWorkingSystem:
    """Everything works."""

    def test_all_checks_pass_and_leave_nothing_behind(self, stack: Stack) -> None:
        before = stack.manage("shell", "-c", COUNT)
        found = doctor(stack)
        assert found.exit_code == 0, found.printed
        assert found["round_trip"]["summary"].startswith("a session's event reached its order")
        assert found.broken() == []
        assert stack.manage("shell", "-c", COUNT) == before
        # The check's event can arrive again, from Stripe's list or by webhook.
        stack.manage("catch_up")
        assert stack.manage("shell", "-c", COUNT) == before
        events = f"{stack.emulator_url}/v1/events"
        headers = {"Authorization": f"Bearer {KEY}"}
        listed = urllib3.request("GET", f"{events}?type=checkout.session.expired&limit=1", headers=headers)
        retried = urllib3.request("POST", f"{events}/{listed.json()['data'][0]['id']}/retry", headers=headers)
        assert retried.status == 200, retried.data
        stack.wait_for_log("belongs to a doctor's check whose order is deleted")
        assert stack.manage("shell", "-c", COUNT) == before

    @pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/checkout/sessions/*/expire"])
    def test_nothing_is_left_behind_when_stripe_fails(self, stack: Stack, path: str) -> None:
        before = stack.manage("shell", "-c", COUNT)
        fault = {"kind": "error", "status": 402, "path": path, "method": "POST"}
        assert urllib3.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201
        try:
            found = doctor(stack)
        finally:
            urllib3.request("DELETE", f"{stack.emulator_url}/_emulator/faults")
        assert found.broken() == ["round_trip"]
        assert stack.manage("shell", "-c", COUNT) == before

    def test_any_product_will_do_for_the_round_trip(self, stack: Stack) -> None:
        before = stack.manage("shell", "-c", COUNT)
        stack.manage("shell", "-c", f"{SELL}.filter(sku='default').update(active=False)")
        try:
            assert doctor(stack)["round_trip"]["status"] == "ok"
            stack.manage("shell", "-c", f"{SELL}.update(active=False)")
            found = doctor(stack)["round_trip"]
        finally:
            stack.manage("shell", "-c", f"{SELL}.update(active=True)")
        assert found["summary"].startswith("skipped: no product is for sale")
        assert stack.manage("shell", "-c", COUNT) == before

    def test_a_terminal_gets_one_line_per_check(self, stack: Stack) -> None:
        printed = run(stack, "--without", "round_trip").stdout
        assert "✔ Database" in printed
        assert printed.endswith("Everything works.\n")

    def test_no_secret_is_printed(self, stack: Stack) -> None:
        secret = (stack.data_dir / "webhook_secret").read_text().strip()
        token = "2abcdefghijklmnop_ngroktoken"
        found = doctor(stack, STRIPE_WEBHOOK_SECRET="whsec_another", NGROK_AUTHTOKEN=token)
        for each in (secret, "whsec_another", token, (stack.data_dir / "secret_key").read_text()):
            assert each not in found.printed

    def test_the_doctor_runs_at_start_up(self) -> None:
        with Stack(env={"DOCTOR_AT_START": "1"}) as own:
            own.wait_for_log("Doctor: Everything works.")
            assert own.log.count("This PC") == 1, "one banner for all server processes"
            assert f"http://localhost:{own.port}/console/" in own.log


COUNT = (
    "from app.payments.models import *; "
    "print(Order.objects.count(), StripeEvent.objects.count(), Product.objects.count())"
)
SELL = "from app.payments.models import Product; Product.objects"


class TestSettings:
    """Settings in .env."""

    @pytest.mark.parametrize(
        ("setting", "value", "cause", "remedy"),
        [
            ("STRIPE_SECRET_KEY", "sk_live_abcdefgh", "live key: real money", "sk_test_"),
            ("STRIPE_SECRET_KEY", "pk_test_abcdefgh", "publishable key", "secret key"),
            ("STRIPE_SECRET_KEY", "hunter2-hunter2", "is not a Stripe secret key", "sk_test_"),
            ("PUBLIC_URL", "shop.example", "PUBLIC_URL", "https://name"),
        ],
    )
    def test_a_refused_setting_is_named_with_its_fix(
        self, stack: Stack, setting: str, value: str, cause: str, remedy: str
    ) -> None:
        found = doctor(stack, **{setting: value})
        assert found.exit_code == 1
        assert cause in found["settings"]["cause"]
        assert remedy in found["settings"]["remedy"]
        assert "hunter2" not in found.printed
        assert "Traceback" not in found.printed

    def test_no_orders_are_created_with_a_live_key(self, stack: Stack) -> None:
        with Server(200, '{"object": "list", "data": []}', {"Date": formatdate(usegmt=True)}) as stripe:
            found = doctor(
                stack, STRIPE_SECRET_KEY="sk_live_abcdefgh", STRIPE_ALLOW_LIVE="1", STRIPE_API_BASE=stripe.url
            )
        assert found["mode"]["status"] == "warning"
        assert "real money" in found["mode"]["cause"]
        assert "sk_test_" in found["mode"]["remedy"]
        assert found["round_trip"]["summary"] == "skipped: checks never create orders in a live account"


class TestStripe:
    """The connection to Stripe."""

    def test_an_unknown_currency_is_fixed_in_the_product(self) -> None:
        with Stack() as own:
            forge = "from app.payments.models import Product; Product.objects.update(currency='xyz')"
            own.manage("shell", "-c", forge)
            found = doctor(own)
        assert "Stripe has no currency 'xyz'" in found["round_trip"]["cause"]
        assert "Correct the product in /admin/" in found["round_trip"]["remedy"]

    @pytest.mark.parametrize(
        ("status", "summary", "remedy"),
        [
            (401, "rejects the secret key", "Copy the secret key (sk_test_…) again"),
            (403, "restricted key lacks permissions", "write access to Checkout Sessions"),
            (429, "rate limit is exceeded", "Wait a minute"),
            (500, "Stripe is failing", "status.stripe.com"),
            (402, "Stripe rejects the app's request", "Read Stripe's message"),
        ],
    )
    def test_stripes_errors_are_explained(self, stack: Stack, status: int, summary: str, remedy: str) -> None:
        body = json.dumps({"error": {"type": "api_error", "message": f"Invalid API Key provided: {KEY}"}})
        with Server(status, body, {"Request-Id": "req_1"}) as stripe:
            found = doctor(stack, STRIPE_SECRET_KEY=KEY, STRIPE_API_BASE=stripe.url)
        assert summary in found["key"]["summary"]
        assert remedy in found["key"]["remedy"]
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
    def test_a_wrong_clock_is_named(self, stack: Stack, offset: int, status: str, words: str) -> None:
        date = formatdate(time.time() - offset, usegmt=True)
        with Server(200, '{"object": "list", "data": []}', {"Date": date}) as stripe:
            found = doctor(stack, "--without", "round_trip", STRIPE_SECRET_KEY=KEY, STRIPE_API_BASE=stripe.url)
        assert found["clock"]["status"] == status
        assert words in found["clock"]["cause"]
        assert "set-ntp" in found["clock"]["remedy"]

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
            paid = json.loads(shop.manage("shell", "-v", "0", "-c", SESSION_OF.format(ids[0])))
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
            make_old = f"from app.payments.models import Order; {MAKE_OLD}"
            shop.manage("shell", "-v", "0", "-c", make_old)
            for _ in range(2):
                shop.manage("catch_up")
            assert (status_of(shop, ids[0]), status_of(shop, ids[1])) == ("paid", "expired")
            shown = urllib3.request("GET", f"{shop.url}/console/orders/{ids[1]}/").json()
            assert shown["reason"].startswith("Stripe does not know this order's Checkout Session")


SESSION_OF = (
    "from app.payments.models import Order; import json;print(json.dumps(Order.objects.get(pk='{}').stripe_session_id))"
)
MAKE_OLD = (
    "from datetime import timedelta; from django.db.models import F;"
    "Order.objects.update(created_at=F('created_at') - timedelta(hours=2))"
)


def status_of(stack: Stack, order_id: str) -> str:
    return str(urllib3.request("GET", f"{stack.url}/api/orders/{order_id}/").json()["status"])


class TestDatabase:
    """The database."""

    def test_a_stopped_database_server_is_named(self, stack: Stack) -> None:
        found = doctor(stack, DATABASE_URL="postgres://shop:hunter2hunter2@127.0.0.1:9/shop")
        assert found["database"]["status"] == "failed"
        assert "Nothing is listening there" in found["database"]["cause"]
        assert "DATABASE_URL" in found["database"]["remedy"]
        assert found["migrations"]["summary"] == "skipped: “Database” failed"
        assert "hunter2" not in found.printed

    def test_a_database_server_that_dies_is_named(self) -> None:
        from tests.support.postgres import Postgres, find_postgres

        if not find_postgres():
            pytest.skip("no PostgreSQL server on this machine")
        with Postgres() as server, Stack(database_url=server.new_database()) as own:
            assert doctor(own).exit_code == 0
            server._server.send_signal(2)
            server._server.wait(30)
            found = doctor(own)
            assert console(own)["database"]["state"] == "down"
        assert "database" in found.broken()
        assert found["app"]["summary"].startswith("not ready: database")

    def test_a_missing_database_folder_is_named(self, stack: Stack, tmp_path: Path) -> None:
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3")
        assert "folder of the SQLite file is missing" in found["database"]["cause"]

    def test_a_damaged_database_file_is_named(self, stack: Stack, tmp_path: Path) -> None:
        (tmp_path / "db.sqlite3").write_bytes(b"no database " * 1000)
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
        assert "The SQLite file is damaged" in found["database"]["cause"]
        assert "move it away" in found["database"]["remedy"]

    def test_missing_tables_are_named(self, stack: Stack, tmp_path: Path) -> None:
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
        assert found["migrations"]["status"] == "failed"
        assert "manage.py migrate" in found["migrations"]["remedy"]


@pytest.fixture(scope="module")
def stripe() -> Iterator[Emulator]:
    """An emulator in the role of the real Stripe: the app uses its URL and a key."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def own(stripe: Emulator) -> Iterator[Stack]:
    """A system with a test account, but no Stripe CLI."""
    env = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe.url, "STRIPE_WEBHOOK_SECRET": SECRET}
    with Stack(env=env | {"PATH": "/usr/bin:/bin"}) as running:
        yield running


class TestEvents:
    """The delivery of events."""

    def test_no_event_arrives_without_the_stripe_cli(self, own: Stack) -> None:
        found = doctor(own)
        assert found.broken() == ["round_trip"]
        assert "nothing forwarded it" in found["round_trip"]["summary"]
        assert "Stripe CLI is not running" in found["round_trip"]["cause"]
        command = listen_command(f"http://127.0.0.1:{own.port}/stripe-webhook/")
        assert found["round_trip"]["remedy"].endswith(shlex.join(command))

    def test_the_workers_catch_up_does_not_replace_the_cli(self, own: Stack) -> None:
        stop = threading.Event()

        def catch_up() -> None:
            while not stop.wait(0.5):
                own.manage("catch_up")

        thread = threading.Thread(target=catch_up)
        thread.start()
        found = doctor(own)
        stop.set()
        thread.join()
        assert found.broken() == ["round_trip"]

    def test_a_wrong_secret_is_named(self, own: Stack, stripe: Emulator) -> None:
        # Signed with the endpoint's own secret, which differs from the one in the settings.
        endpoint = stripe.stripe.v1.webhook_endpoints.create(
            {"url": f"{own.url}/stripe-webhook/", "enabled_events": ["checkout.session.expired"]}
        )
        found = doctor(own)
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

    def test_a_dropped_event_is_named(self) -> None:
        with Stack() as own:
            http = urllib3.PoolManager()
            http.request("POST", f"{own.emulator_url}/_emulator/faults", json={"kind": "drop_event"})
            found = doctor(own)
        assert "dropped the event on purpose" in found["round_trip"]["summary"]
        assert "Switch the fault off" in found["round_trip"]["remedy"]


class TestApp:
    """The app itself."""

    def test_a_stopped_app_is_named(self, stack: Stack) -> None:
        found = doctor(stack, PORT="9")
        assert found["app"]["summary"] == "The app is not responding at http://127.0.0.1:9"
        assert "./scripts/dev" in found["app"]["remedy"]

    def test_another_program_on_the_port_is_named(self, stack: Stack) -> None:
        with Server(404, "nothing here") as other:
            found = doctor(stack, PORT=str(other.server_port))
        assert found["app"]["summary"].startswith("Another program responds")
        assert "PORT" in found["app"]["remedy"]

    def test_another_installation_on_the_port_is_named(self, stack: Stack, own: Stack) -> None:
        found = doctor(stack, PORT=str(own.port))
        assert found["app"]["summary"] == f"Another installation responds at http://127.0.0.1:{own.port}"
        assert "with another database or SECRET_KEY" in found["app"]["cause"]
        assert "PORT" in found["app"]["remedy"]

    def test_disallowed_origins_are_named(self, stack: Stack) -> None:
        # The running app allows every origin; here the doctor has a list.
        assert doctor(stack, FRONTEND_ORIGINS="http://shop.example")["cors"]["status"] == "ok"
        with ReverseProxy(stack.url) as other:
            other.adds = {}
            other.reply = lambda headers: Reply(200) if "Access-Control-Request-Method" in headers else None
            found = doctor(stack, PORT=str(other.server_port), FRONTEND_ORIGINS="https://shop.example")
        assert found["cors"]["status"] == "failed"
        assert "FRONTEND_ORIGINS" in found["cors"]["remedy"]

    def test_an_https_frontend_that_can_not_call_http_is_named(self, stack: Stack) -> None:
        origins = {"FRONTEND_ORIGINS": "http://localhost:5500,https://shop.example"}
        found = doctor(stack, **origins)["cors"]
        assert found["status"] == "warning"
        assert "https://shop.example can call this server only from this PC" in found["summary"]
        assert "mixed content" in found["cause"]
        assert "NGROK_AUTHTOKEN" in found["remedy"]
        assert "localhost:5500" not in found["summary"]
        assert doctor(stack, PUBLIC_URL="https://pay.example", **origins)["cors"]["status"] == "ok"

    def test_payments_of_lost_orders_are_reported(self, db: None) -> None:
        from app.devstack.doctor.checks.database import lost_payments
        from app.payments.settle import settle
        from app.payments.stripe.events import read_event
        from tests.unit.payments.webhook_sender import event_for

        assert lost_payments().status == "ok"
        settle([read_event(event_for(uuid.uuid4()), "{}", "webhook")])
        assert lost_payments().summary == "1 payment for orders that this database does not have"
        assert "pi_1" in lost_payments().remedy

    def test_a_stopped_worker_is_named(self, db: None) -> None:
        from app.devstack.doctor.checks.app import worker
        from app.payments.models import Cursor
        from app.payments.stripe.catch_up import EVENTS_CURSOR

        assert worker().summary == "nothing to do yet"
        Cursor.objects.create(name=EVENTS_CURSOR, position=int(time.time()) - 1200)
        assert worker().summary == "No catch-up for 15 minutes"
        assert "./scripts/dev" in worker().remedy


class TestTunnel:
    """The connection from the internet."""

    def test_a_stopped_agent_is_named(self, stack: Stack) -> None:
        found = doctor(stack, NGROK_API_URL="http://127.0.0.1:9")
        assert found.broken() == ["tunnel"]
        assert found["tunnel"]["summary"] == "The tunnel's agent is not running"
        assert "no response" in found["tunnel"]["cause"].lower()
        assert "NGROK_AUTHTOKEN" in found["tunnel"]["remedy"]
        assert found["outside"]["summary"] == "skipped: “Tunnel” failed"

    def test_an_agent_without_a_tunnel_is_named(self, stack: Stack) -> None:
        with Server(200, '{"endpoints": []}') as agent:
            found = doctor(stack, NGROK_API_URL=agent.url)
        assert found["tunnel"]["summary"] == "The tunnel's agent is running, but it has no tunnel"
        assert "no https endpoint" in found["tunnel"]["cause"]

    def test_an_agent_that_forwards_elsewhere_is_named(self, stack: Stack) -> None:
        listed = {"endpoints": [{"url": "https://a.ngrok.app", "upstream": {"url": "http://localhost:3000"}}]}
        with Server(200, json.dumps(listed)) as agent:
            found = doctor(stack, NGROK_API_URL=agent.url)
        assert found["tunnel"]["summary"] == "The tunnel leads to another program"
        assert "https://a.ngrok.app forwards to http://localhost:3000" in found["tunnel"]["cause"]
        assert f"http://localhost:{stack.port}" in found["tunnel"]["remedy"]

    @pytest.mark.parametrize(
        ("status", "code", "cause"),
        [
            (404, "ERR_NGROK_3200", "the tunnel is down"),
            (502, "ERR_NGROK_8012", "can't reach the app"),
            (403, "ERR_NGROK_727", "requests of this plan are used up"),
            (400, "ERR_NGROK_4711", "ngrok refused"),
        ],
    )
    def test_an_error_page_of_ngrok_is_explained(self, stack: Stack, status: int, code: str, cause: str) -> None:
        with Server(status, f"<p>{code}", {"Ngrok-Error-Code": code}) as edge:
            found = doctor(stack, PUBLIC_URL=edge.url)
        assert cause in found["outside"]["cause"]
        assert code in found["outside"]["cause"]
        assert found["outside"]["remedy"]

    def test_an_error_page_of_cloudflare_is_explained(self, stack: Stack) -> None:
        with Server(530, "error code: 1033", {"Server": "cloudflare"}) as edge:
            found = doctor(stack, PUBLIC_URL=edge.url)
        assert "No cloudflared is connected" in found["outside"]["cause"]

    def test_a_public_url_without_a_server_is_named(self, stack: Stack) -> None:
        found = doctor(stack, PUBLIC_URL="http://127.0.0.1:9")
        assert found["outside"]["cause"] == "Nothing is listening there."

    def test_a_tunnel_without_forwarding_headers_is_named(self, stack: Stack) -> None:
        # The app's own address: no Host of its own, no forwarding headers.
        found = doctor(stack, PUBLIC_URL=f"http://127.0.0.1:{stack.port}")
        assert found["outside"]["status"] == "ok"
        assert "/admin/login/" in found["closed"]["summary"]
        assert "X-Forwarded-For" in found["closed"]["remedy"]

    @pytest.fixture
    def proxy(self, stack: Stack) -> Iterator[ReverseProxy]:
        """A reverse proxy in front of the app."""
        with ReverseProxy(stack.url) as running:
            yield running

    def test_a_working_reverse_proxy_is_fine(self, stack: Stack, proxy: ReverseProxy) -> None:
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found.broken() == []
        assert found["outside"]["summary"] == f"{proxy.url} leads here"
        assert found["interstitial"]["summary"] == "none: browsers go straight to the app"
        assert found["closed"]["status"] == "ok"

    def test_ngroks_warning_page_is_reported(self, stack: Stack, proxy: ReverseProxy) -> None:
        page = Reply(200, "<title>ngrok</title>", {"Ngrok-Error-Code": "ERR_NGROK_6024"})
        proxy.reply = lambda headers: page if is_a_browser(headers) else None
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found["outside"]["status"] == "ok"
        assert found["interstitial"]["status"] == "warning"
        assert "ngrok-skip-browser-warning" in found["interstitial"]["remedy"]

    @pytest.mark.parametrize(
        ("page", "words"),
        [
            (Reply(302, headers={"Location": "https://login.cloudflareaccess.com/x"}), "login.cloudflareaccess.com"),
            (Reply(403, "<title>Just a moment...</title>", {"Server": "cloudflare"}), "“Just a moment...”"),
            (Reply(401, headers={"WWW-Authenticate": "Basic"}), "a page with the status 401"),
        ],
    )
    def test_a_page_before_the_app_is_reported(
        self, stack: Stack, proxy: ReverseProxy, page: Reply, words: str
    ) -> None:
        proxy.reply = lambda headers: page if is_a_browser(headers) else None
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found["outside"]["status"] == "ok"
        assert found["interstitial"]["status"] == "warning"
        assert words in found["interstitial"]["summary"]

    def test_another_installation_at_the_url_is_named(self, own: Stack, stack: Stack, proxy: ReverseProxy) -> None:
        proxy.target = own.url
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found.broken() == ["outside"]
        assert found["outside"]["summary"] == f"{proxy.url} leads to another installation of this program"
        assert "NGROK_URL or PUBLIC_URL" in found["outside"]["remedy"]
        assert found["interstitial"]["summary"] == "skipped: “From outside” failed"

    def test_a_shared_secret_key_proves_nothing(self, own: Stack, proxy: ReverseProxy) -> None:
        proxy.target = own.url
        with Stack(env={"SECRET_KEY": (own.data_dir / "secret_key").read_text().strip()}) as shop:
            found = doctor(shop, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found.broken() == ["outside"]
        assert "another installation" in found["outside"]["summary"]

    @pytest.mark.parametrize(
        ("reply", "cause"),
        [
            (Reply(301, headers={"Location": "https://shop.example/healthz"}), "redirects to https://shop.example"),
            (Reply(502, "<h1>Bad Gateway</h1>", {"Server": "nginx"}), "can't reach the app"),
            (Reply(200, "<title>Welcome to nginx!</title>", {"Server": "nginx"}), "“Welcome to nginx!”, nginx"),
            (Reply(200, '{"status": "fine"}'), "Another program responds"),
            (Reply(404, "[]"), "Another program responds"),
        ],
    )
    def test_another_server_at_the_url_is_explained(
        self, stack: Stack, proxy: ReverseProxy, reply: Reply, cause: str
    ) -> None:
        proxy.reply = lambda headers: reply
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found.broken() == ["outside"]
        assert found["outside"]["summary"] == f"{proxy.url} does not lead here"
        assert cause in found["outside"]["cause"]
        assert "your proxy or tunnel" in found["outside"]["remedy"]

    def test_a_wrong_proof_is_rejected(self, stack: Stack, proxy: ReverseProxy) -> None:
        proxy.reply = lambda headers: Reply(200, json.dumps({"status": "ok", "answer": "x"}))
        assert doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url).broken() == ["outside"]

    def test_a_refused_host_name_is_explained(self, stack: Stack, proxy: ReverseProxy) -> None:
        refused = urllib3.request(
            "GET", f"{stack.url}/healthz", headers={"Host": "other.example", "Accept": "application/json"}
        )
        proxy.reply = lambda headers: Reply(refused.status, refused.data.decode())
        found = doctor(stack, "--without", "round_trip", PUBLIC_URL=proxy.url)
        assert found["outside"]["cause"] == "The app does not accept that host name. (400 from the app)"

    def test_the_console_shows_where_the_url_leads(self, own: Stack) -> None:
        with ReverseProxy(own.url) as proxy:
            name = f"localhost:{proxy.server_port}"
            with Stack(env={"PUBLIC_URL": f"http://{name}", "CONSOLE": "1"}) as shop:

                def wire() -> dict[str, str]:
                    # By its address: requests for the public URL's host come from outside.
                    answer = urllib3.request("GET", f"http://127.0.0.1:{shop.port}/console/state/", timeout=30)
                    found: dict[str, str] = answer.json()["links"]["tunnel"]
                    return found

                until(lambda: wire()["state"] == "down", "the console tells that it leads elsewhere")
                assert wire()["words"] == f"{name} leads to another installation of this program"
                proxy.target = shop.url
                (shop.data_dir / "public_url.json").unlink()  # instead of waiting for the next check
                until(lambda: wire()["state"] == "up", "the console tells that it leads here")
                assert wire()["words"] == name
                proxy.reply = lambda headers: Reply(200, "", WARNS) if is_a_browser(headers) else None
                (shop.data_dir / "public_url.json").unlink()
                until(lambda: wire()["state"] == "faulty", "the console tells what browsers get")
                assert wire()["words"] == "ngrok shows browsers a warning page first"


WARNS = {"Ngrok-Error-Code": "ERR_NGROK_6024"}


def is_a_browser(headers: Mapping[str, str]) -> bool:
    return "Mozilla" in headers.get("User-Agent", "") and "ngrok-skip-browser-warning" not in headers


def test_a_failing_check_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.devstack.doctor import runner
    from app.devstack.doctor.finding import ok

    def broken() -> Any:
        raise RuntimeError("with whsec_abcdef in it")

    checks = (runner.Check("one", "One", broken), runner.Check("two", "Two", lambda: ok("fine")))
    monkeypatch.setattr(runner, "CHECKS", checks)
    first, second = runner.run_checks()
    assert first.status == "failed"
    assert first.verdict.cause == "RuntimeError: with whsec_*** in it"
    assert second.status == "ok"


def test_a_skipped_check_names_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.devstack.doctor import runner
    from app.devstack.doctor.finding import failed, ok, skipped

    def chain(first: Any) -> list[tuple[str, bool]]:
        checks = (
            runner.Check("one", "One", lambda: first),
            runner.Check("two", "Two", lambda: ok("fine"), ["one"]),
            runner.Check("three", "Three", lambda: ok("fine"), ["two"]),
        )
        monkeypatch.setattr(runner, "CHECKS", checks)
        return [(finding.verdict.summary, finding.notable) for finding in runner.run_checks()][1:]

    assert chain(failed("down", "Start it.")) == [("skipped: “One” failed", True)] * 2
    assert chain(skipped("there is none")) == [("skipped: “One” was skipped", False)] * 2
