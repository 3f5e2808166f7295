"""A state file that can't be written for a while, as on a full disk."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from stripe_emulator import Config
from support.receiver import Receiver
from support.running import Running, until


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Running]:
    with Running(Config(data=tmp_path / "state.db", settle_after=0.2, retry_first=0.05, retry_cap=0.1)) as running:
        yield running


def writable(emulator: Running, *, yes: bool) -> None:
    emulator.app.emulator.store.db.execute(f"PRAGMA query_only={0 if yes else 1}")


def test_a_delivery_is_repeated_until_it_can_be_recorded(durable: Running) -> None:
    accepting = threading.Event()
    with Receiver(lambda event, tries: 200 if accepting.is_set() else 500) as receiver:
        made = durable.client().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
        receiver.secret = str(made.secret)
        durable.client().v1.products.create({"name": "Tea"})
        until(lambda: receiver.tries, "the first attempt")
        writable(durable, yes=False)
        accepting.set()
        (tried,) = receiver.tries.values()
        receiver.wait(lambda me: [*me.tries.values()] >= [tried + 2], "an attempt that can't be recorded, and another")
        writable(durable, yes=True)
        state = until(lambda: durable.control("GET", "deliveries?state=delivered")["data"], "the record")
        assert [entry["type"] for entry in state] == ["product.created"]


def test_what_was_due_happens_once_it_can_be_written(durable: Running, caplog: pytest.LogCaptureFixture) -> None:
    client = durable.client().v1.checkout.sessions
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}

    def unwritable_before_the_debit_is_due() -> str:
        session = durable.session(line_items=[{"price_data": price, "quantity": 1}])
        durable.confirm(session, method="sepa_debit", iban="AT611904300234573201", **{"account-name": "Jenny Rosen"})
        writable(durable, yes=False)
        if client.retrieve(session.id).payment_status == "unpaid":
            return session.id
        writable(durable, yes=True)
        return ""

    session = until(unwritable_before_the_debit_is_due, "a debit that is not due yet")
    until(lambda: "Cannot write the state file" in caplog.text, "the debit to be due")
    assert client.retrieve(session).payment_status == "unpaid"
    with pytest.raises(stripe.APIError):
        durable.client().v1.products.create({"name": "Tea"})
    writable(durable, yes=True)
    until(lambda: client.retrieve(session).payment_status == "paid", "the payment")


def test_the_clock_and_the_dashboard_report_the_failure(durable: Running) -> None:
    session = durable.session()
    durable.client().v1.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})
    writable(durable, yes=False)
    for path, body in (("/_emulator/clock", b'{"advance": 60}'), ("/_emulator/reset", b"{}")):
        answer = durable.http.request("POST", f"{durable.url}{path}", body=body)
        assert (answer.status, "See its log" in answer.json()["error"]["message"]) == (500, True)
    assert durable.post("/_emulator/actions/expire", {"id": session.id}).status == 500
    writable(durable, yes=True)
    assert durable.control("GET", "clock")["offset"] == 0
    assert durable.client().v1.checkout.sessions.retrieve(session.id).status == "open"
    assert durable.post("/_emulator/actions/expire", {"id": session.id}).status == 303
    assert durable.client().v1.checkout.sessions.retrieve(session.id).status == "expired"
    (entry,) = durable.control("GET", "deliveries")["data"]
    assert (entry["type"], entry["url"]) == ("checkout.session.expired", "http://127.0.0.1:1/")
