"""The console, opened in a browser on this PC."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.devstack import mailbox
from app.devstack.console import wiring
from app.devstack.console.emulator import FAULTS
from app.payments import outbox
from app.payments.models import Cursor, Fulfillment, Order, StripeEvent
from app.payments.stripe import refusals
from app.payments.stripe.catch_up import EVENTS_CURSOR, OVERLAP, cursor_name
from tests.support.emulator import Emulator
from tests.support.front_door import FrontDoor
from tests.support.waiting import until
from tests.unit.payments.webhook_sender import SECRET, deliver, event_for, sign

pytestmark = pytest.mark.django_db

LINK_OF = {name: "events" if "event" in fault.rule["kind"] else "stripe" for name, fault in FAULTS.items()}


@pytest.fixture(autouse=True)
def _own_data_dir(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.STRIPE_EMULATOR_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(wiring, "FRESH", 0.0)
    monkeypatch.setattr(refusals, "_noted_at", float("-inf"))


@pytest.fixture
def browser() -> Client:
    """A browser on this PC that follows the CSRF rules."""
    client = FrontDoor(headers={"Host": "localhost:8000"})
    client.get("/console/")
    return client


def send(browser: Client, path: str, body: Any = None, method: str = "POST") -> Any:
    token = browser.cookies["csrftoken"].value
    return browser.generic(
        method, path, json.dumps(body), content_type="application/json", headers={"X-CSRFToken": token}
    )


def state(browser: Client) -> dict[str, Any]:
    found: dict[str, Any] = browser.get("/console/state/").json()
    return found


def test_the_page_loads_nothing_external(browser: Client) -> None:
    page = browser.get("/console/")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    html = page.content.decode()
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    assert " style=" not in html
    assert " onclick=" not in html


def test_a_new_order_and_its_events_are_shown(browser: Client, order: Order, client: Client) -> None:
    deliver(client, event_for(order))
    now = state(browser)
    assert now["orders"][0]["id"] == str(order.pk)
    assert now["orders"][0]["status"] == "paid"
    assert now["orders"][0]["amount"] == "20.00 USD"
    assert now["events"][0]["type"] == "checkout.session.completed"
    assert now["events"][0]["outcome"] == "applied"


def test_the_state_takes_few_queries(
    browser: Client,
    order: Order,
    client: Client,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        deliver(client, event_for(order, type="charge.updated"))
    with django_assert_max_num_queries(10):
        state(browser)


def test_the_timeline_shows_an_orders_history(
    browser: Client,
    order: Order,
    client: Client,
) -> None:
    deliver(client, event_for(order))
    Fulfillment.objects.filter(pk=order.pk).update(status="done", attempts=1, done_at=timezone.now())
    detail = browser.get(f"/console/orders/{order.pk}/").json()
    titles = [step["title"] for step in detail["steps"]]
    assert titles[0] == "Order created"
    # The event and the payment have the same time.
    assert set(titles[1:3]) == {"checkout.session.completed", "Paid"}
    assert titles[3:] == ["Fulfilled"]


def test_a_failed_fulfillment_is_shown_and_retried(browser: Client, order: Order, client: Client) -> None:
    assert state(browser)["undelivered"] == []
    deliver(client, event_for(order))
    Fulfillment.objects.filter(pk=order.pk).update(status="dead", attempts=12, error="SMTPException: no")
    [row] = state(browser)["undelivered"]
    assert (row["id"], row["attempts"], row["error"]) == (str(order.pk), 12, "SMTPException: no")
    last = browser.get(f"/console/orders/{order.pk}/").json()["steps"][-1]
    assert (last["title"], last["tone"], last["detail"]) == (
        "Fulfillment failed on every attempt",
        "bad",
        "12th attempt: SMTPException: no",
    )
    assert send(browser, f"/console/orders/{order.pk}/deliver/").json() == {"undelivered": []}
    assert Fulfillment.objects.get().status == "pending"


def test_emails_that_were_not_sent_can_be_read(
    browser: Client, order: Order, client: Client, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "emails" not in browser.get("/console/").content.decode()  # a mail server gets them
    settings.EMAIL_BACKEND = "app.devstack.mailbox.EmailBackend"
    assert 'id="emails"' in browser.get("/console/").content.decode()
    assert state(browser)["emails"] == []
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded"))
    outbox.process_due()
    printed = capsys.readouterr().out
    assert f"Message-ID: <receipt-{order.pk}@shop.invalid>" in printed
    assert f"Order number: {order.pk}" in printed
    assert "<html" not in printed
    refund, receipt = state(browser)["emails"]
    assert (receipt["to"], receipt["subject"]) == ("jenny@example.com", "Your receipt: 20.00 USD")
    assert refund["subject"] == "Your refund: 5.00 USD"
    page = browser.get(receipt["url"])
    assert "<h1>Thank you for your order</h1>" in page.content.decode()
    assert page.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    text = browser.get(f"{receipt['url']}?text")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Order number: {order.pk}" in text.content.decode()


@pytest.mark.parametrize("name", ["none.eml", "../secret_key", "..%2Fsecret_key", "secret_key"])
def test_only_emails_can_be_read(browser: Client, settings: Settings, name: str) -> None:
    settings.EMAIL_BACKEND = "app.devstack.mailbox.EmailBackend"
    (settings.DATA_DIR / "secret_key").write_text("secret")
    assert browser.get(f"/console/emails/{name}/").status_code == 404


def test_the_oldest_emails_are_deleted(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "app.devstack.mailbox.EmailBackend"
    for number in range(mailbox.KEPT + 2):
        send_mail(f"Number {number}", "", None, ["ada@example.com"])
    kept = mailbox.newest(mailbox.KEPT + 2)
    assert [kept[0].subject, kept[-1].subject, len(kept)] == [f"Number {mailbox.KEPT + 1}", "Number 2", mailbox.KEPT]


def test_an_email_that_can_not_be_kept_counts_as_sent(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "app.devstack.mailbox.EmailBackend"
    settings.DATA_DIR = tmp_path / "missing"
    assert send_mail("Hello", "", None, ["ada@example.com"]) == 1


def test_an_unknown_order_has_no_timeline(browser: Client) -> None:
    assert browser.get("/console/orders/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_an_event_can_be_replayed(browser: Client, order: Order, client: Client) -> None:
    deliver(client, event_for(order))
    kept = StripeEvent.objects.get()
    # As if a bug had lost the event's facts.
    Order.objects.filter(pk=order.pk).update(status="pending", facts={})
    answer = send(browser, f"/console/events/{kept.pk}/replay/")
    assert answer.json()["event"]["outcome"] == "applied"
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_failed_replay_gives_its_reason(browser: Client) -> None:
    kept = StripeEvent.objects.create(stripe_id="evt_1", type="charge.refunded", payload="{}")
    answer = send(browser, f"/console/events/{kept.pk}/replay/")
    assert answer.status_code == 409
    assert "KeyError" in answer.json()["problem"]


@pytest.mark.parametrize(
    "path", ["events/1/replay/", "orders/00000000-0000-0000-0000-000000000000/deliver/", "faults/", "doctor/"]
)
def test_a_change_needs_a_csrf_token(path: str) -> None:
    foreign = FrontDoor(headers={"Host": "localhost:8000"})
    assert foreign.post(f"/console/{path}").status_code == 403


@pytest.mark.parametrize("path", ["", "state/", "qr.svg", "orders/00000000-0000-0000-0000-000000000000/"])
def test_the_console_can_not_be_reached_from_outside(path: str) -> None:
    for client in (FrontDoor(REMOTE_ADDR="192.168.1.7"), FrontDoor(headers={"X-Forwarded-For": "203.0.113.9"})):
        assert client.get(f"/console/{path}", headers={"Host": "localhost"}).status_code == 404


def test_faults_are_switched_at_the_emulator(browser: Client, emulator: Emulator) -> None:
    for name in ("slow", "dropped"):
        send(browser, "/console/faults/", {"name": name})
    assert state(browser)["faults"] == ["slow", "dropped"]
    assert {fault["kind"] for fault in emulator.control("GET", "faults")["data"]} == {"latency", "drop_event"}
    send(browser, "/console/faults/", {"name": "slow"}, method="DELETE")
    assert state(browser)["faults"] == ["dropped"]
    send(browser, "/console/faults/", {}, method="DELETE")
    assert emulator.control("GET", "faults")["data"] == []


@pytest.mark.parametrize(("name", "link"), [(name, LINK_OF[name]) for name in FAULTS])
def test_no_wire_is_green_under_a_fault(browser: Client, emulator: Emulator, name: str, link: str) -> None:
    before = state(browser)["links"]
    assert before["stripe"]["state"] == "up"
    send(browser, "/console/faults/", {"name": name})
    now = state(browser)["links"]
    assert now[link]["state"] == ("down" if name in ("failing", "busy", "dropped") else "faulty")
    assert now[link]["words"] == f"fault: {FAULTS[name].meaning}"
    assert {other: now[other]["state"] for other in now if other != link} == {
        other: before[other]["state"] for other in before if other != link
    }
    send(browser, "/console/faults/", {"name": name}, method="DELETE")
    assert state(browser)["links"][link]["words"] == before[link]["words"]


@pytest.mark.parametrize(
    ("fault", "link", "state_", "words"),
    [
        ({"kind": "reset"}, "stripe", "down", "fault: reset"),
        ({"kind": "reset", "path": "/v1/refunds"}, "stripe", "faulty", "fault: reset on /v1/refunds"),
        ({"kind": "error", "path": "/v1/*", "times": 1}, "stripe", "faulty", "fault: error on /v1/*"),
        ({"kind": "jitter"}, "stripe", "faulty", "fault: jitter"),
        ({"kind": "drop_event", "event": "refund.*"}, "events", "faulty", "fault: drop event on refund.*"),
        ({"kind": "delay_event", "probability": 0.5}, "events", "faulty", "fault: delay event"),
    ],
)
def test_a_limited_fault_does_not_break_the_wire(
    browser: Client, emulator: Emulator, fault: Any, link: str, state_: str, words: str
) -> None:
    emulator.control("POST", "faults", fault)
    found = state(browser)["links"][link]
    assert (found["state"], found["words"]) == (state_, words)


def test_the_worst_fault_of_a_wire_is_shown(browser: Client, emulator: Emulator) -> None:
    for name in ("slow", "failing", "late"):
        send(browser, "/console/faults/", {"name": name})
    links = state(browser)["links"]
    assert links["stripe"]["words"] == "fault: every call returns 500"
    assert links["events"]["state"] == "faulty"


def test_the_doctors_result_has_its_time(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.devstack.doctor.runner.CHECKS", ())
    before = timezone.now()
    told = send(browser, "/console/doctor/").json()
    assert before <= datetime.fromisoformat(told["at"]) + timedelta(milliseconds=1)
    assert told["conclusion"] == "Everything works."


def test_a_fault_set_elsewhere_is_shown(browser: Client, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "reset", "path": "/v1/refunds"})
    assert state(browser)["faults"] == ["reset"]


@pytest.mark.parametrize("body", [{"name": "unknown"}, {}, [], "text"])
def test_an_unknown_fault_is_refused(browser: Client, emulator: Emulator, body: Any) -> None:
    assert send(browser, "/console/faults/", body).status_code == 400


def test_the_real_stripe_has_no_faults(browser: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1234"
    assert "data-fault" not in browser.get("/console/").content.decode()
    assert send(browser, "/console/faults/", {"name": "slow"}).status_code == 404


def test_the_qr_code_shows_the_public_url(browser: Client, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.CONSOLE = "https://shop.ngrok-free.app", True
    answer = browser.get("/console/qr.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert state(browser)["addresses"]["phone"] == "https://shop.ngrok-free.app"
    other = browser.get("/console/qr.svg").content
    settings.PUBLIC_URL = "https://other.ngrok-free.app"
    assert browser.get("/console/qr.svg").content != other


class TestWiring:
    """The state of each connection, and since when."""

    def test_a_connection_that_is_down_is_shown(self, browser: Client) -> None:
        links = state(browser)["links"]
        assert links["stripe"]["state"] == "down"
        assert links["database"]["state"] == "up"
        assert links["tunnel"]["state"] == "off"

    def test_since_changes_only_with_the_state(self, browser: Client) -> None:
        first, second = state(browser)["links"], state(browser)["links"]
        assert first["database"]["since"] == second["database"]["since"]
        assert first["worker"]["state"] == "unknown"
        Cursor.objects.create(name=EVENTS_CURSOR, position=int(time.time()) - OVERLAP)
        third = state(browser)["links"]["worker"]
        assert third["state"] == "up"
        assert third["since"] > first["worker"]["since"]

    def test_stripe_is_up_while_this_key_works(self, browser: Client, settings: Settings) -> None:
        Cursor.objects.create(name=EVENTS_CURSOR, position=int(time.time()) - OVERLAP)  # of another key
        settings.STRIPE_SECRET_KEY = "sk_test_1234"
        assert state(browser)["links"]["stripe"]["words"] == "no recent response"
        cursor = Cursor.objects.create(name=cursor_name(), position=int(time.time()) - OVERLAP)
        assert state(browser)["links"]["stripe"]["state"] == "up"
        Cursor.objects.filter(pk=cursor.pk).update(position=cursor.position - 600)
        assert state(browser)["links"]["stripe"]["state"] == "unknown"

    def test_a_worker_without_catch_up_is_down(self, browser: Client) -> None:
        Cursor.objects.create(name=EVENTS_CURSOR, position=int(time.time()) - OVERLAP - 600)
        assert state(browser)["links"]["worker"] | {"since": 0} == {
            "state": "down",
            "words": "no catch-up for 10 min",
            "since": 0,
        }

    @pytest.mark.parametrize(
        ("secret", "age", "words"),
        [
            ("whsec_another", 0, "refused: wrong webhook secret"),
            (SECRET, 900, "refused: this computer's clock is wrong"),
        ],
    )
    def test_a_refused_webhook_is_shown_until_one_is_accepted(
        self, browser: Client, order: Order, client: Client, settings: Settings,
        monkeypatch: pytest.MonkeyPatch, secret: str, age: int, words: str,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(refusals, "_noted_at", float("-inf"))  # records at most one refusal per second
        settings.STRIPE_SECRET_KEY = "sk_test_1234"
        body = json.dumps(event_for(order))
        deliver(client, body, signature=sign(body, secret=secret, timestamp=int(time.time()) - age))
        assert state(browser)["links"]["events"]["words"] == words
        deliver(client, event_for(order))
        assert state(browser)["links"]["events"]["state"] == "up"

    def test_the_local_stripes_log_shows_the_state_of_events(self, browser: Client, emulator: Emulator) -> None:
        # An invalid request to the webhook says nothing about Stripe's events.
        deliver(browser, "{}", signature="t=1,v1=00")
        assert state(browser)["links"]["events"]["words"] == "no event yet"
        api = emulator.stripe.v1
        endpoint = {"url": "http://127.0.0.1:9/", "enabled_events": ["product.created"]}
        api.webhook_endpoints.create(endpoint)  # type: ignore[arg-type]
        api.products.create({"name": "Tea"})
        until(lambda: state(browser)["links"]["events"]["state"] == "down", "the console shows the failure")
        assert state(browser)["links"]["events"]["words"] == "the app rejects them"

    @pytest.mark.parametrize(
        ("cli_state", "state_", "words"),
        [
            ("at={now}\nconnected_since={now}\n", "up", "the Stripe CLI is connected"),
            ("at={now}\nconnected_since=\n", "down", "the Stripe CLI is not connected"),
            ("at=1\nconnected_since=1\n", "down", "the Stripe CLI is not running"),
            ("at=1\nconnected_since=\nerror=Stripe rejected STRIPE_SECRET_KEY.\n", "down", "Stripe rejected"),
        ],
    )
    def test_the_stripe_clis_state_is_shown_before_any_event(
        self, browser: Client, settings: Settings, tmp_path: Path, cli_state: str, state_: str, words: str
    ) -> None:
        settings.STRIPE_SECRET_KEY = "sk_test_1234"
        settings.STRIPE_WEBHOOK_SECRET_FILE = tmp_path / "secret"
        (tmp_path / "stripe_cli").write_text(cli_state.format(now=int(time.time())))
        events = state(browser)["links"]["events"]
        assert events["state"] == state_
        assert words in events["words"]

    def test_a_damaged_state_file_is_ignored(self, browser: Client, tmp_path: Path) -> None:
        (tmp_path / "wiring.json").write_text("{half a")
        assert state(browser)["links"]["database"]["state"] == "up"

    def test_processes_share_a_recent_state(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(wiring, "FRESH", 60.0)
        wiring.links()
        with django_assert_num_queries(0):
            wiring.links()
