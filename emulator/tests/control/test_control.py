"""`/_emulator/`: health, clock, reset, requests, the dashboard, and access."""

import re
from typing import Any

import pytest
import stripe

from support.receiver import Receiver
from support.running import Running


def test_health_is_ok(emulator: Running) -> None:
    assert emulator.control("GET", "health")["status"] == "ok"


def test_the_clock_only_goes_forward(emulator: Running) -> None:
    before = emulator.control("GET", "clock")
    emulator.advance(3600)
    after = emulator.control("GET", "clock")
    assert after["offset"] == 3600
    assert 3600 <= after["now"] - before["now"] < 3630
    made = emulator.client().v1.products.create({"name": "A"}).created
    assert abs(made - after["now"]) < 10


@pytest.mark.parametrize("body", [{}, {"advance": -1}, {"advance": "1"}, {"advance": True}, {"advance": 1e12}, []])
def test_invalid_input_does_not_turn_the_clock(emulator: Running, body: Any) -> None:
    answer = emulator.http.request("POST", f"{emulator.url}/_emulator/clock", json=body)
    assert answer.status == 400
    assert emulator.control("GET", "clock")["offset"] == 0


def test_a_reset_deletes_everything(emulator: Running, receiver: Receiver) -> None:
    emulator.paid()
    receiver.wait_for("checkout.session.completed")
    emulator.control("POST", "faults", {"kind": "latency"})
    emulator.advance(100)
    emulator.control("POST", "reset", {})
    client = emulator.client()
    assert client.v1.checkout.sessions.list().data == []
    assert client.v1.events.list().data == []
    assert emulator.control("GET", "deliveries")["data"] == []
    assert emulator.control("GET", "faults")["data"] == []
    assert emulator.control("GET", "clock")["offset"] == 0


def test_a_reset_keeps_webhook_endpoints_and_their_secrets(emulator: Running, receiver: Receiver) -> None:
    endpoints = emulator.client().v1.webhook_endpoints
    before = endpoints.list().data
    emulator.control("POST", "reset", {})
    assert endpoints.list().data == before
    session = emulator.paid()
    assert receiver.wait_for("checkout.session.completed").data.object["id"] == session.id


def test_requests_are_listed_without_secrets(emulator: Running) -> None:
    emulator.client().v1.products.create({"name": "A"})
    answer = emulator.http.request("GET", f"{emulator.url}/_emulator/requests")
    (entry,) = answer.json()["data"]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v1/products", 200)
    assert b"sk_test" not in answer.data


FOREIGN = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    # An attacker's domain that resolves to this machine: same origin for the browser, but not ours.
    {"Origin": "http://evil.test:1", "Host": "evil.test:1"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "reset"),
        ("POST", "clock"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("POST", "actions/refund"),
    ],
)
def test_other_origins_pages_can_not_write(emulator: Running, method: str, path: str, headers: dict[str, str]) -> None:
    answer = emulator.http.request(method, f"{emulator.url}/_emulator/{path}", body=b"{}", headers=headers)
    assert answer.status == 403


def test_its_own_page_can_write(emulator: Running) -> None:
    headers = {"Origin": emulator.url, "Sec-Fetch-Site": "same-origin"}
    assert emulator.http.request("POST", f"{emulator.url}/_emulator/reset", headers=headers).status == 200


def dashboard(emulator: Running) -> str:
    return emulator.http.request("GET", f"{emulator.url}/_emulator/").data.decode()


def act(emulator: Running, action: str, **fields: str) -> str:
    answer = emulator.post(f"/_emulator/actions/{action}", fields)
    assert answer.status == 303
    return str(answer.headers["Location"])


def test_the_dashboard_shows_payments_and_events(emulator: Running, receiver: Receiver) -> None:
    emulator.paid(client_reference_id="order-77")
    receiver.wait_for("checkout.session.completed")
    html = dashboard(emulator)
    for text in ("order-77", "$20.00", "checkout.session.completed", receiver.url, "POST /v1/checkout/sessions"):
        assert text in html
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=", html)
    assert emulator.http.request("GET", emulator.url).headers["Location"] == "/_emulator/"


def test_the_dashboards_buttons_refund_dispute_expire_and_resend(emulator: Running, receiver: Receiver) -> None:
    intent = emulator.paid().payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    charge = str(intent.latest_charge)
    assert act(emulator, "dispute", id=charge) == "../#"
    assert receiver.wait_for("charge.dispute.created").data.object["charge"] == charge
    assert "problem=" in act(emulator, "dispute", id=charge)
    other = emulator.paid().payment_intent
    assert isinstance(other, stripe.PaymentIntent)
    act(emulator, "refund", id=str(other.latest_charge))
    receiver.wait_for("charge.refunded")
    session = emulator.session()
    act(emulator, "expire", id=session.id)
    event = receiver.wait_for("checkout.session.expired")
    act(emulator, "resend", id=event.id)
    receiver.wait(lambda me: me.types.count("checkout.session.expired") == 2)


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e12", "soon"])
def test_the_dashboard_refuses_invalid_clock_input(emulator: Running, seconds: str) -> None:
    assert "problem=" in act(emulator, "advance", seconds=seconds)
    assert emulator.control("GET", "clock")["offset"] == 0


def test_the_dashboards_buttons_set_faults_and_clock(emulator: Running) -> None:
    act(emulator, "add-fault", kind="error", status="503", times="4")
    (rule,) = emulator.control("GET", "faults")["data"]
    assert (rule["kind"], rule["status"], rule["times"]) == ("error", 503, 4)
    act(emulator, "remove-fault", id=rule["id"])
    assert emulator.control("GET", "faults")["data"] == []
    act(emulator, "advance", seconds="200")
    assert emulator.control("GET", "clock")["offset"] == 200
    assert "problem=" in act(emulator, "nothing")
