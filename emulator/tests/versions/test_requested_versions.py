"""The API version of answers and events: the request's, the endpoint's or the account's."""

import json
import subprocess
from typing import Any

import pytest

from stripe_emulator import Config
from stripe_emulator.config import DEFAULT_API_VERSION
from stripe_emulator.versions.released import NEWEST
from support.process import command
from support.receiver import Receiver
from support.running import Running

OLD = "2024-06-20"
RENDERED_AS = "Stripe-Emulator-Rendered-As"


def subscribed(emulator: Running, receiver: Receiver, version: str | None) -> None:
    """Register the receiver for everything, with a version of its own."""
    params: Any = {"url": receiver.url, "enabled_events": ["*"]} | ({"api_version": version} if version else {})
    receiver.secret = str(emulator.client().v1.webhook_endpoints.create(params).secret)


def test_the_default_is_the_newest_version() -> None:
    assert DEFAULT_API_VERSION == NEWEST


def test_an_answer_has_the_version_of_its_request(emulator: Running) -> None:
    session = emulator.session()
    old = emulator.api("GET", f"/v1/checkout/sessions/{session.id}", Stripe_Version=OLD)
    assert (old.headers["Stripe-Version"], old.json()["ui_mode"]) == (OLD, "hosted")
    assert RENDERED_AS not in old.headers
    new = emulator.api("GET", f"/v1/checkout/sessions/{session.id}")
    assert (new.headers["Stripe-Version"], new.json()["ui_mode"]) == (NEWEST, "hosted_page")


def test_objects_in_errors_have_the_requested_version(emulator: Running) -> None:
    params = {"amount": "500", "currency": "usd", "confirm": "true", "payment_method_types[]": "card"}
    params["payment_method"] = "pm_card_chargeDeclined"
    error = emulator.api("POST", "/v1/payment_intents", params, Stripe_Version="2022-11-15").json()["error"]
    assert "allowed_payment_method_types" not in error["payment_intent"]
    assert "allow_redisplay" not in error["payment_method"]


def test_metadata_that_looks_like_an_object_stays(emulator: Running) -> None:
    metadata = {"object": "checkout.session", "ui_mode": "hosted_page", "id": "1"}
    session = emulator.session(metadata=metadata)
    old = emulator.api("GET", f"/v1/checkout/sessions/{session.id}", Stripe_Version=OLD).json()
    assert old["metadata"] == metadata


@pytest.mark.parametrize("version", ["2011-01-01", "2020-08-27", "2022-08-01"])
def test_older_versions_get_the_oldest_shape(emulator: Running, version: str) -> None:
    session = emulator.session()
    oldest = emulator.api("GET", f"/v1/checkout/sessions/{session.id}", Stripe_Version="2022-11-15")
    answer = emulator.api("GET", f"/v1/checkout/sessions/{session.id}", Stripe_Version=version)
    assert answer.json() == oldest.json()
    assert (answer.headers["Stripe-Version"], answer.headers[RENDERED_AS]) == (version, "2022-11-15")


@pytest.mark.parametrize(
    "version", ["2019-2-19", "2022-08-02", "2025-09-30.acacia", "2024-06-20.acacia", "latest", "", NEWEST + ", " + OLD]
)
def test_an_unknown_version_is_refused(emulator: Running, version: str) -> None:
    answer = emulator.api("GET", "/v1/products", Stripe_Version=version)
    error = answer.json()["error"]
    assert (answer.status, error["type"]) == (400, "invalid_request_error")
    assert error["message"] == f"Invalid Stripe API version: {version}"
    params = {"url": "https://shop.test", "enabled_events[]": "*", "api_version": version or "none"}
    refused = emulator.api("POST", "/v1/webhook_endpoints", params).json()["error"]
    assert (refused["param"], refused["message"]) == (
        "api_version", f"Invalid Stripe API version: {version or 'none'}",
    )  # fmt: skip


def test_a_future_version_is_refused_with_the_reason(emulator: Running) -> None:
    answer = emulator.api("GET", "/v1/products", Stripe_Version="2099-01-01.zinnia")
    message = answer.json()["error"]["message"]
    assert message.startswith("Invalid Stripe API version: 2099-01-01.zinnia")
    assert NEWEST in message


@pytest.mark.parametrize("version", ["2025-03-31.preview", "2024-06-20; custom_checkout_beta=v1"])
def test_a_preview_version_is_named_as_unsupported(emulator: Running, version: str) -> None:
    answer = emulator.api("GET", "/v1/products", Stripe_Version=version)
    message = f"The local Stripe emulator does not support preview versions: {version}."
    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith(message)


def test_an_endpoint_gets_events_in_its_own_version(emulator: Running) -> None:
    with Receiver() as plain, Receiver() as old, Receiver() as oldest:
        for receiver, version in ((plain, None), (old, OLD), (oldest, "2020-08-27")):
            subscribed(emulator, receiver, version)
        emulator.paid()
        kind = "checkout.session.completed"
        events = [receiver.wait_for(kind) for receiver in (plain, old, oldest)]
        assert [event.api_version for event in events] == [NEWEST, OLD, "2020-08-27"]
        # The oldest shape has no such field.
        assert [event.data.object.to_dict().get("ui_mode") for event in events] == ["hosted_page", "hosted", None]
        assert len({event.id for event in events}) == 1
        headers = [receiver.headers[0].get(RENDERED_AS.lower()) for receiver in (plain, old, oldest)]
        assert headers == [None, None, "2022-11-15"]


def test_every_attempt_sends_the_same_bytes(emulator: Running) -> None:
    with Receiver() as receiver:
        subscribed(emulator, receiver, OLD)
        emulator.paid()
        event = receiver.wait_for("checkout.session.completed")
        emulator.api("POST", f"/v1/events/{event.id}/retry")
        receiver.wait(lambda me: me.tries[event.id] == 2)
        bodies = [body for body in receiver.bodies if json.loads(body)["id"] == event.id]
        assert bodies == [bodies[0]] * 2


def test_an_event_keeps_the_version_of_its_creation(emulator: Running) -> None:
    emulator.paid()
    for version in (OLD, NEWEST):
        events = emulator.api("GET", "/v1/events", {"type": "checkout.session.completed"}, Stripe_Version=version)
        (event,) = events.json()["data"]
        assert (event["api_version"], event["data"]["object"]["ui_mode"]) == (NEWEST, "hosted_page")


def test_the_version_of_the_account_is_the_default() -> None:
    with Running(Config(api_version=OLD)) as emulator, Receiver() as plain, Receiver() as new:
        subscribed(emulator, plain, None)
        subscribed(emulator, new, NEWEST)
        session = emulator.session()
        answer = emulator.api("GET", f"/v1/checkout/sessions/{session.id}")
        assert (answer.headers["Stripe-Version"], answer.json()["ui_mode"]) == (OLD, "hosted")
        emulator.paid()
        kind = "checkout.session.completed"
        events = [plain.wait_for(kind), new.wait_for(kind)]
        assert [(event.api_version, event.data.object["ui_mode"]) for event in events] == [
            (OLD, "hosted"), (NEWEST, "hosted_page"),
        ]  # fmt: skip
        shown = emulator.api("GET", f"/v1/events/{events[0].id}", Stripe_Version=NEWEST).json()
        assert (shown["api_version"], shown["data"]["object"]["ui_mode"]) == (OLD, "hosted")


def test_the_command_refuses_an_unknown_version() -> None:
    done = subprocess.run(command("--api-version", "2024-06-21"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Invalid Stripe API version: 2024-06-21" in done.stderr


def test_previous_attributes_have_the_old_names(emulator: Running) -> None:
    with Receiver() as receiver:
        subscribed(emulator, receiver, "2023-10-16")
        client = emulator.client().v1
        product = client.products.create({"name": "A"})
        client.products.update(product.id, {"marketing_features": [{"name": "Fast"}]})
        event = receiver.wait_for("product.updated")
        assert event.data.previous_attributes
        assert event.data.previous_attributes.to_dict() == {"features": []}
        assert json.loads(receiver.bodies[-1])["data"]["object"]["features"] == [{"name": "Fast"}]


@pytest.mark.parametrize(("version", "method"), [("2023-10-16", "automatic"), ("2024-04-10", "automatic_async")])
def test_capture_is_asynchronous_since_april_2024(emulator: Running, version: str, method: str) -> None:
    params = {"amount": "500", "currency": "usd"}
    intent = emulator.api("POST", "/v1/payment_intents", params, Stripe_Version=version).json()
    assert intent["capture_method"] == method
    session: dict[str, str] = {"mode": "payment", "success_url": "https://shop.test", "line_items[0][quantity]": "1"}
    price = "line_items[0][price_data]"
    session |= {f"{price}[currency]": "usd", f"{price}[unit_amount]": "500", f"{price}[product_data][name]": "A"}
    made = emulator.api("POST", "/v1/checkout/sessions", session, Stripe_Version=version).json()
    emulator.confirm(emulator.client().v1.checkout.sessions.retrieve(made["id"]))
    (paid,) = emulator.client().v1.payment_intents.list({"limit": 1}).data
    assert paid.capture_method == method


@pytest.mark.parametrize(("version", "automatic"), [("2022-11-15", False), ("2023-08-16", True)])
def test_payment_methods_are_automatic_since_august_2023(emulator: Running, version: str, automatic: bool) -> None:
    params = {"amount": "500", "currency": "usd"}
    intent = emulator.api("POST", "/v1/payment_intents", params, Stripe_Version=version).json()
    assert bool(intent["automatic_payment_methods"]) is automatic
    assert "card" in intent["payment_method_types"]
