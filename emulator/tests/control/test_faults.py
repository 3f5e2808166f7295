"""Faults on request."""

import json
import time
from typing import Any

import pytest
import stripe
import urllib3

from stripe_emulator.faults.rules import BadFaultError, checked
from support.receiver import Receiver
from support.running import Running, until


def fault(emulator: Running, **rule: Any) -> Any:
    return emulator.control("POST", "faults", rule)


def by_header(emulator: Running, **rule: Any) -> urllib3.BaseHTTPResponse:
    return emulator.api("POST", "/v1/products", {"name": "A"}, Stripe_Emulator_Fault=json.dumps(rule))


def products(emulator: Running) -> int:
    return len(emulator.client().v1.products.list().data)


def test_faults_are_set_listed_and_removed(emulator: Running) -> None:
    first = fault(emulator, kind="latency", seconds=0.01)
    fault(emulator, kind="drop_event", event="charge.*")
    assert [rule["kind"] for rule in emulator.control("GET", "faults")["data"]] == ["latency", "drop_event"]
    assert len(emulator.control("DELETE", f"faults/{first['id']}")["data"]) == 1
    assert emulator.control("DELETE", "faults")["data"] == []
    assert emulator.http.request("DELETE", f"{emulator.url}/_emulator/faults/none").status == 404


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "fire"},
        {"kind": "latency", "seconds": "long"},
        {"kind": "latency", "seconds": -1},
        {"kind": "error", "status": 200},
        {"kind": "error", "color": 1},
        {"kind": "error", "probability": 2},
        {"kind": "error", "times": 0},
        {"kind": "duplicate_event", "copies": 1},
        {"kind": ["latency"]},
    ],
)
def test_an_invalid_fault_is_refused(emulator: Running, rule: dict[str, Any]) -> None:
    answer = emulator.http.request("POST", f"{emulator.url}/_emulator/faults", json=rule)
    assert answer.status == 400
    assert answer.json()["error"]["message"]
    with pytest.raises(BadFaultError):
        checked(rule)


def test_latency_slows_down_a_path(emulator: Running) -> None:
    fault(emulator, kind="latency", seconds=0.3, path="/v1/products*")
    began = time.monotonic()
    emulator.client().v1.products.list()
    assert time.monotonic() - began >= 0.3


def test_other_requests_are_not_slowed_down(emulator: Running) -> None:
    fault(emulator, kind="latency", seconds=30, path="/v1/products*", times=1)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        emulator.http.request(
            "GET", f"{emulator.url}/v1/products", headers={"Authorization": "Bearer sk_test_1"}, timeout=0.1
        )
    assert emulator.client().v1.customers.list().data == []


def test_a_rate_limit_has_retry_after(emulator: Running) -> None:
    fault(emulator, kind="error", status=429, times=1)
    answer = emulator.api("GET", "/v1/products")
    assert (answer.status, answer.json()["error"]["code"]) == (429, "rate_limit")
    assert answer.headers["Retry-After"] == "1"
    fault(emulator, kind="error", status=429, times=1)
    with pytest.raises(stripe.RateLimitError):
        emulator.client().v1.products.list()


def test_an_error_can_come_before_or_after_the_work(emulator: Running) -> None:
    assert by_header(emulator, kind="error", status=503).status == 503
    assert products(emulator) == 0
    assert by_header(emulator, kind="error", when="after").status == 500
    assert products(emulator) == 1


def test_a_reset_can_come_before_or_after_the_work(emulator: Running) -> None:
    for when, made in (("before", 0), ("after", 1)):
        with pytest.raises(urllib3.exceptions.ProtocolError):
            by_header(emulator, kind="reset", when=when)
        assert products(emulator) == made


def test_an_idempotency_key_survives_a_lost_response(emulator: Running) -> None:
    fault(emulator, kind="reset", when="after", method="POST", times=1)
    emulator.client(max_network_retries=2).v1.products.create({"name": "A"})
    assert products(emulator) == 1


def test_times_and_probability_limit_a_fault(emulator: Running) -> None:
    fault(emulator, kind="error", times=2)
    assert [emulator.api("GET", "/v1/products").status for _ in range(3)] == [500, 500, 200]
    fault(emulator, kind="error", probability=0)
    assert emulator.api("GET", "/v1/products").status == 200


def test_jitter_has_a_maximum(emulator: Running) -> None:
    fault(emulator, kind="jitter", seconds=0.05)
    assert emulator.api("GET", "/v1/products").status == 200


def test_an_invalid_fault_header_is_refused(emulator: Running) -> None:
    assert by_header(emulator, kind="fire").status == 400
    answer = emulator.api("GET", "/v1/products", Stripe_Emulator_Fault="fire")
    assert "must be JSON" in answer.json()["error"]["message"]


def test_an_event_can_be_dropped(emulator: Running, receiver: Receiver) -> None:
    fault(emulator, kind="drop_event", event="product.*", times=1)
    emulator.client().v1.products.create({"name": "Lost"})
    emulator.client().v1.products.create({"name": "Found"})
    assert receiver.wait_for("product.created").data.object["name"] == "Found"
    until(lambda: not emulator.control("GET", "deliveries?state=pending")["data"])
    assert len(receiver.events) == 1
    states = [entry["state"] for entry in emulator.control("GET", "deliveries")["data"]]
    assert states == ["delivered", "dropped"]
    assert emulator.events() == ["product.created", "product.created"]


def test_an_event_can_be_duplicated(emulator: Running, receiver: Receiver) -> None:
    assert by_header(emulator, kind="duplicate_event", copies=3).status == 200
    receiver.wait(lambda me: len(me.events) == 3)
    assert len({event.id for event in receiver.events}) == 1


def test_an_event_can_be_delayed(emulator: Running, receiver: Receiver) -> None:
    fault(emulator, kind="delay_event", seconds=1000, event="product.created")
    emulator.client().v1.products.create({"name": "A"})
    emulator.client().v1.customers.create({})
    receiver.wait_for("customer.created")
    assert receiver.types == ["customer.created"]
    emulator.advance(1001)
    receiver.wait_for("product.created")


def test_events_can_be_reordered(emulator: Running, receiver: Receiver) -> None:
    fault(emulator, kind="reorder_events", seconds=3600)
    for number in range(20):
        emulator.client().v1.products.create({"name": str(number)})
    emulator.advance(3600)
    receiver.wait(lambda me: len(me.events) == 20)
    names = [event.data.object["name"] for event in receiver.events]
    assert names != sorted(names, key=int)
    assert len(set(names)) == 20
