"""Break the ways to the app for real, from this PC and from the internet; the doctor names the cause and the fix."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping

import pytest
import urllib3
from pytest_django import Settings

from tests.support.reverse_proxy import Reply, ReverseProxy
from tests.support.stack import Stack
from tests.support.waiting import until
from tests.unit.devstack.doctor.runs import Server, check, doctor


class TestApp:
    """The app itself."""

    def test_a_stopped_app_is_named(self, stack: Stack) -> None:
        found = doctor(stack, PORT="9")
        assert found["app"]["summary"] == "The app is not responding at http://127.0.0.1:9"
        assert "./scripts/dev" in found["app"]["remedy"]

    def test_another_program_on_the_port_is_named(self, settings: Settings) -> None:
        with Server(404, "nothing here") as other:
            settings.PORT = other.server_port
            found = check("app").verdict
        assert found.summary.startswith("Another program responds")
        assert "PORT" in found.remedy

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

    def test_an_agent_without_a_tunnel_is_named(self, settings: Settings) -> None:
        with Server(200, '{"endpoints": []}') as agent:
            settings.NGROK_API_URL = agent.url
            found = check("tunnel").verdict
        assert found.summary == "The tunnel's agent is running, but it has no tunnel"
        assert "no https endpoint" in found.cause

    def test_an_agent_that_forwards_elsewhere_is_named(self, settings: Settings) -> None:
        listed = {"endpoints": [{"url": "https://a.ngrok.app", "upstream": {"url": "http://localhost:3000"}}]}
        with Server(200, json.dumps(listed)) as agent:
            settings.NGROK_API_URL = agent.url
            found = check("tunnel").verdict
        assert found.summary == "The tunnel leads to another program"
        assert "https://a.ngrok.app forwards to http://localhost:3000" in found.cause
        assert f"http://localhost:{settings.PORT}" in found.remedy

    @pytest.mark.parametrize(
        ("status", "code", "cause"),
        [
            (404, "ERR_NGROK_3200", "the tunnel is down"),
            (502, "ERR_NGROK_8012", "can't reach the app"),
            (403, "ERR_NGROK_727", "requests of this plan are used up"),
            (400, "ERR_NGROK_4711", "ngrok refused"),
        ],
    )
    def test_an_error_page_of_ngrok_is_explained(
        self, db: None, settings: Settings, status: int, code: str, cause: str
    ) -> None:
        with Server(status, f"<p>{code}", {"Ngrok-Error-Code": code}) as edge:
            settings.PUBLIC_URL = edge.url
            found = check("outside").verdict
        assert cause in found.cause
        assert code in found.cause
        assert found.remedy

    def test_an_error_page_of_cloudflare_is_explained(self, db: None, settings: Settings) -> None:
        with Server(530, "error code: 1033", {"Server": "cloudflare"}) as edge:
            settings.PUBLIC_URL = edge.url
            assert "No cloudflared is connected" in check("outside").verdict.cause

    def test_a_public_url_without_a_server_is_named(self, db: None, settings: Settings) -> None:
        settings.PUBLIC_URL = "http://127.0.0.1:9"
        assert check("outside").verdict.cause == "Nothing is listening there."

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
        self, db: None, settings: Settings, proxy: ReverseProxy, page: Reply, words: str
    ) -> None:
        proxy.reply = lambda headers: page if is_a_browser(headers) else None
        settings.PUBLIC_URL = proxy.url
        found = check("interstitial")
        assert found.status == "warning"
        assert words in found.verdict.summary

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
        self, db: None, settings: Settings, proxy: ReverseProxy, reply: Reply, cause: str
    ) -> None:
        proxy.reply = lambda headers: reply
        settings.PUBLIC_URL = proxy.url
        found = check("outside")
        assert found.status == "failed"
        assert found.verdict.summary == f"{proxy.url} does not lead here"
        assert cause in found.verdict.cause
        assert "your proxy or tunnel" in found.verdict.remedy

    def test_a_wrong_proof_is_rejected(self, db: None, settings: Settings, proxy: ReverseProxy) -> None:
        proxy.reply = lambda headers: Reply(200, json.dumps({"status": "ok", "answer": "x"}))
        settings.PUBLIC_URL = proxy.url
        assert check("outside").status == "failed"

    def test_a_refused_host_name_is_explained(
        self, db: None, settings: Settings, stack: Stack, proxy: ReverseProxy
    ) -> None:
        refused = urllib3.request(
            "GET", f"{stack.url}/healthz", headers={"Host": "other.example", "Accept": "application/json"}
        )
        proxy.reply = lambda headers: Reply(refused.status, refused.data.decode())
        settings.PUBLIC_URL = proxy.url
        assert check("outside").verdict.cause == "The app does not accept that host name. (400 from the app)"

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
