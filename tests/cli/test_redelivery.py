"""Events that the CLI loses are redelivered: it posts each once, and reports nothing when its target is down."""

import time
from typing import Any

import pytest

from tests.cli.cli import Cli
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli

EVENTS = ["product.created", "customer.created"]


def delivery_of(cli: Cli, event_id: str) -> dict[str, Any]:
    """Return the event's entry in the delivery log."""
    found: dict[str, Any] = cli.stripe.control("GET", f"deliveries?event={event_id}")["data"][0]
    return found


def newest_event(cli: Cli) -> str:
    """Return the newest event's id."""
    return cli.stripe.client.v1.events.list({"limit": 1}).data[0].id


def test_an_event_arrives_once_its_target_is_up(cli: Cli, target: Target) -> None:
    target.down()
    with cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        cli.stripe.client.v1.products.create({"name": "A"})
        listening.await_output("connection refused")
        target.up()
        target.await_types("product.created")
        event = newest_event(cli)
        until(lambda: delivery_of(cli, event)["state"] == "delivered", "the log shows the delivery")
    attempts = delivery_of(cli, event)["attempts"]
    assert attempts[0]["status"] is None
    assert "no response through the Stripe CLI" in attempts[0]["error"]
    assert attempts[-1]["status"] == 200


def test_an_event_is_redelivered_after_an_error(cli: Cli, target: Target) -> None:
    answers = iter([500, 503, 302])
    target.behavior = lambda event: next(answers, 200)
    with cli.listen("--forward-to", target.url, events=EVENTS):
        cli.stripe.client.v1.products.create({"name": "A"})
        event = newest_event(cli)
        until(lambda: delivery_of(cli, event)["state"] == "delivered", "the log shows the delivery")
    assert [attempt["status"] for attempt in delivery_of(cli, event)["attempts"]] == [500, 503, 302, 200]
    assert target.times(event) == 4


def test_each_attempt_signs_the_same_bytes_again(cli: Cli, target: Target) -> None:
    answers = iter([500, 500])
    target.behavior = lambda event: next(answers, 200)
    with cli.listen("--forward-to", target.url, events=EVENTS):
        cli.stripe.client.v1.products.create({"name": "A"})
        until(lambda: len(target.deliveries) == 3, "three attempts")
    assert len({delivery.payload for delivery in target.deliveries}) == 1
    assert len({delivery.headers["Stripe-Signature"] for delivery in target.deliveries}) > 1


def test_a_slow_response_ends_the_retries(cli: Cli, target: Target) -> None:
    def slow_at_first(event: dict[str, Any]) -> int:
        if target.times(event["id"]) == 1:
            time.sleep(4)  # longer than the emulator waits before its first retry
        return 200

    target.behavior = slow_at_first
    with cli.listen("--forward-to", target.url, events=EVENTS):
        cli.stripe.client.v1.products.create({"name": "A"})
        event = newest_event(cli)
        until(lambda: delivery_of(cli, event)["state"] == "delivered", "the log shows the delivery")
    assert target.times(event) <= 2


def test_unselected_events_do_not_block_others(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=["customer.created"]):
        for number in range(100):
            cli.stripe.client.v1.products.create({"name": f"Unselected {number}"})
        for number in range(20):
            cli.stripe.client.v1.customers.create({"name": f"Selected {number}"})
        until(lambda: len(target.deliveries) == 20, "twenty customers at the target")
    assert set(target.types) == {"customer.created"}
