"""Webhook deliveries are signed, retried and logged."""

import json
import threading
import time
from collections import Counter
from typing import Any

import pytest
import stripe

from stripe_emulator import Config
from support.receiver import Receiver
from support.running import TIMEOUT_S, Running, until


def entries(emulator: Running, **query: str) -> list[Any]:
    path = "deliveries?" + "&".join(f"{name}={text}" for name, text in query.items())
    data: list[Any] = emulator.control("GET", path)["data"]
    return data


def settled(emulator: Running) -> list[Any]:
    """Wait until no delivery is pending. Return the log."""
    until(lambda: not entries(emulator, state="pending"), "the end of the deliveries")
    return entries(emulator)


def test_events_are_signed_over_their_exact_bytes(emulator: Running, receiver: Receiver) -> None:
    emulator.paid()
    event = receiver.wait_for("checkout.session.completed")
    receiver.wait(lambda me: len(me.events) == 5)
    assert receiver.forged == 0
    assert event.data.object["payment_status"] == "paid"
    body = receiver.bodies[receiver.types.index("checkout.session.completed")].decode()
    assert body == json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    headers = receiver.headers[0]
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["user-agent"].startswith("Stripe/1.0")
    assert abs(int(headers["stripe-signature"].split(",")[0].removeprefix("t=")) - time.time()) < 20


def test_delivered_and_retrieved_events_are_equal(emulator: Running, receiver: Receiver) -> None:
    emulator.client().v1.products.create({"name": "Zürich ☕"})
    event = receiver.wait_for("product.created")
    settled(emulator)
    shown = emulator.client().v1.events.retrieve(event.id).to_dict()
    assert {**shown, "pending_webhooks": 1} == event.to_dict()
    assert shown["pending_webhooks"] == 0


def test_the_first_attempt_is_immediate(emulator: Running, receiver: Receiver) -> None:
    emulator.client().v1.products.create({"name": "A"})
    receiver.wait_for("product.created")
    (entry,) = settled(emulator)
    assert entry["attempts"][0]["at"] - entry["created"] < 1


def test_failed_deliveries_are_retried(receiver: Receiver, emulator: Running) -> None:
    receiver.reply = lambda event, tries: [500, 302, 200][tries - 1]
    emulator.client().v1.products.create({"name": "A"})
    receiver.wait_for("product.created")
    (entry,) = settled(emulator)
    assert (entry["state"], entry["tries"]) == ("delivered", 3)
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 302, 200]
    first, second, third = (attempt["at"] for attempt in entry["attempts"])
    assert 0.3 < second - first < third - second


def test_a_target_gets_events_once_it_is_up(emulator: Running) -> None:
    with Receiver() as gone:
        url = gone.url
    endpoint = emulator.client().v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    emulator.client().v1.products.create({"name": "A"})
    (entry,) = until(lambda: [each for each in entries(emulator) if each["attempts"]], "an attempt")
    assert (entry["state"], entry["attempts"][0]["status"]) == ("pending", None)
    assert "refused" in entry["attempts"][0]["error"]
    with Receiver() as back:
        back.secret = str(endpoint.secret)
        emulator.client().v1.webhook_endpoints.update(endpoint.id, {"url": back.url})
        back.wait_for("product.created")


def test_a_delivery_fails_after_three_days(emulator: Running, receiver: Receiver) -> None:
    receiver.reply = lambda event, tries: 503
    emulator.client().v1.products.create({"name": "A"})
    receiver.wait(lambda me: me.tries)
    until(lambda: entries(emulator)[0]["attempts"], "the first attempt")
    emulator.advance(3 * 86400)
    (entry,) = settled(emulator)
    assert (entry["state"], entry["next_attempt_at"]) == ("failed", None)


def test_endpoints_have_their_own_types_and_secrets(emulator: Running) -> None:
    client = emulator.client()
    with Receiver() as all_events, Receiver() as products:
        for receiver, wanted in ((all_events, ["*"]), (products, ["product.created"])):
            made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": wanted})  # type: ignore[typeddict-item]
            receiver.secret = str(made.secret)
        client.v1.customers.create({})
        client.v1.products.create({"name": "A"})
        all_events.wait(lambda me: len(me.events) == 2)
        settled(emulator)
        assert products.types == ["product.created"]
        assert sorted(all_events.types) == ["customer.created", "product.created"]
        assert (products.forged, all_events.forged) == (0, 0)


def test_a_disabled_endpoint_gets_nothing(emulator: Running, receiver: Receiver) -> None:
    client = emulator.client()
    endpoint = client.v1.webhook_endpoints.list().data[0]
    assert client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    client.v1.products.create({"name": "A"})
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    client.v1.customers.create({})
    receiver.wait_for("customer.created")
    assert receiver.types == ["customer.created"]


def test_a_deleted_endpoint_gets_no_more_events(emulator: Running, receiver: Receiver) -> None:
    receiver.reply = lambda event, tries: 500
    client = emulator.client()
    client.v1.products.create({"name": "A"})
    receiver.wait(lambda me: me.tries)
    client.v1.webhook_endpoints.delete(client.v1.webhook_endpoints.list().data[0].id)
    (entry,) = settled(emulator)
    assert entry["state"] == "canceled"


def test_each_event_of_many_payments_arrives_once(emulator: Running, receiver: Receiver) -> None:
    for _ in range(20):
        emulator.paid()
    receiver.wait(lambda me: len(me.events) == 100)
    settled(emulator)
    assert max(Counter(event.id for event in receiver.events).values()) == 1
    assert receiver.types.count("checkout.session.completed") == 20


def test_a_slow_endpoint_does_not_delay_others(emulator: Running, receiver: Receiver) -> None:
    others_are_done = threading.Event()

    def slow(event: stripe.Event, tries: int) -> int:
        others_are_done.wait(TIMEOUT_S)
        return 200

    with Receiver(slow) as late:
        made = emulator.client().v1.webhook_endpoints.create({"url": late.url, "enabled_events": ["*"]})
        late.secret = str(made.secret)
        emulator.paid()
        receiver.wait(lambda me: len(me.events) == 5)
        assert late.events == []
        others_are_done.set()
        late.wait(lambda me: len(me.events) == 5)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_an_unreachable_address_is_a_failed_attempt(emulator: Running, url: str) -> None:
    emulator.client().v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    emulator.client().v1.products.create({"name": "A"})
    (entry,) = until(lambda: [each for each in entries(emulator) if each["attempts"]], "an attempt")
    assert (entry["state"], entry["attempts"][0]["status"]) == ("pending", None)
    assert entry["attempts"][0]["error"]


def test_a_timeout_is_a_failed_attempt() -> None:
    with Running(Config(delivery_timeout=0.2, retry_first=0.05)) as emulator, Receiver() as receiver:

        def slow_at_first(event: stripe.Event, tries: int) -> int:
            time.sleep(0.5 if tries == 1 else 0)
            return 200

        receiver.reply = slow_at_first
        made = emulator.client().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
        receiver.secret = str(made.secret)
        emulator.client().v1.products.create({"name": "A"})
        receiver.wait(lambda me: len(me.events) >= 2)
        (entry,) = settled(emulator)
        assert entry["attempts"][0]["error"] == "no response within 0.2 s"
        assert entry["attempts"][-1]["status"] == 200
