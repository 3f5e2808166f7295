"""Idempotency keys."""

import threading

import pytest
import stripe

from support.running import SESSION, Running

PATH = "/v1/products"


def test_the_same_key_returns_the_same_response(emulator: Running) -> None:
    first = emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k")
    second = emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k")
    assert first.data == second.data
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"] != second.headers["Request-Id"]
    assert second.headers["Idempotency-Key"] == "k"
    assert len(emulator.events()) == 1


def test_the_parameters_order_does_not_matter(emulator: Running) -> None:
    first = emulator.api("POST", PATH, {"name": "A", "description": "B"}, Idempotency_Key="k")
    second = emulator.api("POST", PATH, {"description": "B", "name": "A"}, Idempotency_Key="k")
    assert first.json()["id"] == second.json()["id"]


def test_other_parameters_are_an_error(emulator: Running) -> None:
    client = emulator.client()
    client.v1.products.create({"name": "A"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="can only be used with the same parameters"):
        client.v1.products.create({"name": "B"}, {"idempotency_key": "k"})


def test_another_endpoint_is_an_error(emulator: Running) -> None:
    client = emulator.client()
    client.v1.products.create({"name": "A"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="can only be used for the same endpoint"):
        client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})


def test_a_key_expires_after_a_day(emulator: Running) -> None:
    client = emulator.client()
    first = client.v1.products.create({"name": "A"}, {"idempotency_key": "k"})
    emulator.advance(24 * 3600 + 1)
    assert client.v1.products.create({"name": "A"}, {"idempotency_key": "k"}).id != first.id


def test_a_refused_parameter_is_not_stored(emulator: Running) -> None:
    assert emulator.api("POST", PATH, {"nam": "A"}, Idempotency_Key="k").status == 400
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k").status == 200


def test_a_decline_is_replayed_without_a_new_charge(emulator: Running) -> None:
    params = {"amount": "500", "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": "true"}
    params["payment_method_types[]"] = "card"
    first = emulator.api("POST", "/v1/payment_intents", params, Idempotency_Key="k")
    second = emulator.api("POST", "/v1/payment_intents", params, Idempotency_Key="k")
    assert (first.status, second.status) == (402, 402)
    assert first.data == second.data
    assert len(emulator.client().v1.charges.list().data) == 1


def test_a_stored_500_is_replayed(emulator: Running) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 500, "times": 1})
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k").status == 500
    again = emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="other").status == 200


def test_a_key_in_use_is_a_conflict(emulator: Running) -> None:
    emulator.control("POST", "faults", {"kind": "latency", "seconds": 1, "times": 1})
    statuses: list[int] = []

    def send() -> None:
        statuses.append(emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k").status)

    slow = threading.Thread(target=send)
    slow.start()
    while emulator.control("GET", "faults")["data"]:
        pass
    conflict = emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k")
    slow.join()
    assert (conflict.status, conflict.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert statuses == [200]
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k").headers["Idempotent-Replayed"] == "true"


def test_concurrent_requests_make_one_session(emulator: Running) -> None:
    ids: list[str] = []
    client = emulator.client()
    params: dict[str, object] = SESSION

    def send() -> None:
        ids.append(client.v1.checkout.sessions.create(params, {"idempotency_key": "order"}).id)  # type: ignore[arg-type]

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 10
    assert len(set(ids)) == 1


def test_a_long_key_is_refused(emulator: Running) -> None:
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k" * 255).status == 200
    assert emulator.api("POST", PATH, {"name": "A"}, Idempotency_Key="k" * 256).status == 400
