"""`/v1/events`."""

import time

import pytest
import stripe

from stripe_emulator.config import DEFAULT_API_VERSION
from support.receiver import Receiver
from support.running import Running


def test_an_event_is_a_snapshot(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create({"name": "Before"}, {"idempotency_key": "make-it"})
    client.v1.products.update(product.id, {"name": "After"})
    event = client.v1.events.list({"type": "product.created"}).data[0]
    assert event.data.object["name"] == "Before"
    assert (event.object, event.livemode, event.api_version) == ("event", False, DEFAULT_API_VERSION)
    assert abs(event.created - time.time()) < 10
    assert event.request
    assert str(event.request.id).startswith("req_")
    assert event.request.idempotency_key == "make-it"


def test_an_update_has_its_previous_attributes(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create({"name": "Before", "metadata": {"a": "1", "b": "2"}})
    client.v1.products.update(product.id, {"name": "After", "metadata": {"a": "3", "c": "4"}})
    event = client.v1.events.list({"type": "product.updated"}).data[0]
    assert event.data.previous_attributes
    assert event.data.previous_attributes.to_dict() == {"name": "Before", "metadata": {"a": "1", "c": None}}


def test_an_event_without_a_request_has_no_request_id(emulator: Running) -> None:
    emulator.session()
    emulator.advance(25 * 3600)
    event = emulator.client().v1.events.list({"type": "checkout.session.expired"}).data[0]
    assert event.request
    assert (event.request.id, event.request.idempotency_key) == (None, None)


def test_events_are_filtered_by_type(emulator: Running) -> None:
    emulator.paid()
    client = emulator.client()

    def types(**params: object) -> list[str]:
        return emulator.events(**params)

    assert types(type="charge.succeeded") == ["charge.succeeded"]
    assert types(type="charge.*") == ["charge.succeeded", "charge.updated"]
    assert types(types=["charge.succeeded", "checkout.session.completed"]) == [
        "charge.succeeded",
        "checkout.session.completed",
    ]
    assert types(type="invoice.paid") == []
    newest = client.v1.events.list({"limit": 1}).data[0]
    assert client.v1.events.retrieve(newest.id).type == newest.type


def test_events_are_filtered_by_time(emulator: Running) -> None:
    emulator.client().v1.products.create({"name": "Early"})
    emulator.advance(1000)
    late = emulator.client().v1.products.create({"name": "Late"})
    assert len(emulator.events(created={"gte": late.created})) == 1
    assert len(emulator.events(created={"lt": late.created})) == 1


def test_events_are_filtered_by_delivery(emulator: Running, receiver: Receiver) -> None:
    receiver.reply = lambda event, tries: 500 if event.type == "product.updated" else 200
    product = emulator.client().v1.products.create({"name": "A"})
    receiver.wait_for("product.created")
    emulator.client().v1.products.update(product.id, {"name": "B"})
    receiver.wait(lambda me: len(me.tries) == 2)
    assert emulator.events(delivery_success=False) == ["product.updated"]
    failed = emulator.client().v1.events.list({"delivery_success": False}).data[0]
    assert failed.pending_webhooks == 1


def test_an_event_is_resent_unchanged(emulator: Running, receiver: Receiver) -> None:
    emulator.client().v1.products.create({"name": "A"})
    event = receiver.wait_for("product.created")
    answer = emulator.api("POST", f"/v1/events/{event.id}/retry")
    assert (answer.status, answer.json()["id"]) == (200, event.id)
    receiver.wait(lambda me: len(me.events) == 2)
    assert receiver.bodies[0] == receiver.bodies[1]


def test_resending_to_an_unknown_endpoint_is_refused(emulator: Running) -> None:
    emulator.client().v1.products.create({"name": "A"})
    event = emulator.client().v1.events.list().data[0]
    answer = emulator.api("POST", f"/v1/events/{event.id}/retry", {"webhook_endpoint": "we_none"})
    assert answer.json()["error"]["code"] == "resource_missing"


def test_an_unknown_event_is_a_404(emulator: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.events.retrieve("evt_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
