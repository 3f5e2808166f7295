"""Restarts of either side lose nothing, and change neither the session nor the secret."""

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
def test_a_listener_goes_on_after_a_restart_of_the_emulator(
    own_cli: Cli, target: Target, number: signal.Signals
) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        create_product(own_cli, "before")
        await_names(target, "before")
        own_cli.stripe.stop(number)
        own_cli.stripe.start()
        create_product(own_cli, "after")
        await_names(target, "before", "after")
        # A CLI that had to ask for a new session would say so.
        assert listening.output.count("Ready!") == 1
        secret = listening.secret
    for delivery in target.deliveries:
        header = delivery.headers["Stripe-Signature"]
        stripe.WebhookSignature.verify_header(delivery.payload.decode(), header, secret)


def test_events_wait_for_a_listener_that_is_away(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        listening.stop(signal.SIGKILL)
        create_product(cli, "nobody there")
        listening.start()
        await_names(target, "nobody there")
    assert len(target.deliveries) == 1


def test_they_wait_over_a_restart_of_the_emulator_too(own_cli: Cli, target: Target) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        secret = listening.secret
        listening.stop()
        create_product(own_cli, "nobody there")
        own_cli.stripe.stop(signal.SIGKILL)
        own_cli.stripe.start()
        listening.start()
        await_names(target, "nobody there")
        assert listening.secret == secret


def test_nothing_waits_for_a_listener_that_never_was(cli: Cli, target: Target) -> None:
    cli.run("listen", "--print-secret", "--skip-update", "--events", "product.created")
    create_product(cli, "too early")
    with cli.listen("--forward-to", target.url, events=EVENTS):
        create_product(cli, "in time")
        await_names(target, "in time")
    assert len(target.deliveries) == 1


def test_nothing_waits_for_longer_than_stripe_retries(own_cli: Cli, target: Target) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        listening.stop()
        create_product(own_cli, "remembered for a while")
        three_days_and_a_minute = 3 * 24 * 3600 + 60
        own_cli.stripe.control("POST", "clock", {"advance": three_days_and_a_minute})
        create_product(own_cli, "nobody remembers")
        listening.start()
        create_product(own_cli, "back again")
        await_names(target, "back again")
    assert len(target.deliveries) == 1


def test_an_id_that_the_emulator_does_not_know_makes_the_cli_ask_for_a_new_session(
    own_cli: Cli, target: Target
) -> None:
    with own_cli.listen("--forward-to", target.url, events=EVENTS) as listening:
        own_cli.stripe.stop()
        own_cli.stripe.forget()
        own_cli.stripe.start()
        until(lambda: listening.output.count("Ready!") == 2, "the CLI has a new session")
        create_product(own_cli, "a new start")
        await_names(target, "a new start")
        delivery, secret = target.deliveries[0], listening.secret
    stripe.WebhookSignature.verify_header(delivery.payload.decode(), delivery.headers["Stripe-Signature"], secret)
