"""Restarts of the CLI or the emulator lose nothing, and keep the session and the secret."""

import signal

import pytest
import stripe

from tests.cli.cli import Cli
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli

EVENTS = ["product.created"]


def create_product(cli: Cli, name: str) -> None:
    cli.stripe.client.v1.products.create({"name": name})


def await_names(target: Target, *wanted: str) -> None:
    def names() -> list[str]:
        return [each.event["data"]["object"]["name"] for each in target.deliveries]

    until(lambda: set(wanted) <= set(names()), f"{wanted} at the target")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_listener_continues_after_an_emulator_restart(own_cli: Cli, target: Target, number: signal.Signals) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        create_product(own_cli, "before")
        await_names(target, "before")
        own_cli.stripe.stop(number)
        own_cli.stripe.start()
        create_product(own_cli, "after")
        await_names(target, "before", "after")
        # A CLI that opens a new session prints it.
        assert listening.output.count("Ready!") == 1
        secret = listening.secret
    for delivery in target.deliveries:
        header = delivery.headers["Stripe-Signature"]
        stripe.WebhookSignature.verify_header(delivery.payload.decode(), header, secret)


def test_events_wait_for_a_stopped_listener(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        listening.stop(signal.SIGKILL)
        create_product(cli, "no listener")
        listening.start()
        await_names(target, "no listener")
    assert len(target.deliveries) == 1


def test_events_wait_across_an_emulator_restart(own_cli: Cli, target: Target) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        secret = listening.secret
        listening.stop()
        create_product(own_cli, "no listener")
        own_cli.stripe.stop(signal.SIGKILL)
        own_cli.stripe.start()
        listening.start()
        await_names(target, "no listener")
        assert listening.secret == secret


def test_no_event_waits_before_the_first_connection(cli: Cli, target: Target) -> None:
    cli.run("listen", "--print-secret", "--skip-update", "--events", "product.created")
    create_product(cli, "too early")
    with cli.listen("--forward-to", target.url, events=EVENTS):
        create_product(cli, "in time")
        await_names(target, "in time")
    assert len(target.deliveries) == 1


def test_no_event_waits_longer_than_stripes_retries(own_cli: Cli, target: Target) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        listening.stop()
        create_product(own_cli, "kept for a while")
        three_days_and_a_minute = 3 * 24 * 3600 + 60
        own_cli.stripe.control("POST", "clock", {"advance": three_days_and_a_minute})
        create_product(own_cli, "dropped")
        listening.start()
        create_product(own_cli, "back again")
        await_names(target, "back again")
    assert len(target.deliveries) == 1


def test_an_unknown_session_makes_the_cli_open_another(own_cli: Cli, target: Target) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        own_cli.stripe.stop()
        own_cli.stripe.forget()
        own_cli.stripe.start()
        until(lambda: listening.output.count("Ready!") == 2, "the CLI has a new session")
        create_product(own_cli, "a new session")
        await_names(target, "a new session")
        delivery, secret = target.deliveries[0], listening.secret
    stripe.WebhookSignature.verify_header(delivery.payload.decode(), delivery.headers["Stripe-Signature"], secret)
