"""`stripe listen`: sessions, the websocket, the secret."""

from typing import Any

import pytest
import stripe

from tests.cli.cli import Cli
from tests.cli.local_stripe import KEY
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli

PAID = "checkout.session.completed"


def test_a_payment_arrives_with_a_valid_signature(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=[PAID]) as listening:
        cli.stripe.pay(cli.stripe.new_session())
        target.await_types(PAID)
        listening.await_output("[200] POST")
        delivery = target.first(PAID)
        signature = delivery.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(delivery.payload, signature, listening.secret)
    assert event.data.object["payment_status"] == "paid"


def test_the_payload_is_the_apis_event(cli: Cli, target: Target) -> None:
    def shown() -> Any:
        return cli.stripe.call("GET", f"/v1/events/{sent['id']}")[1]

    with cli.listen("--forward-to", target.url, events=["product.created"]):
        cli.stripe.client.v1.products.create({"name": "A"})
        target.await_types("product.created")
        sent = target.first("product.created").event
        until(lambda: shown()["pending_webhooks"] == 0, "the emulator records the delivery")
    assert sent | {"pending_webhooks": 0} == shown()
    assert sent["pending_webhooks"] == 1


def test_it_works_over_a_unix_socket(cli: Cli, target: Target) -> None:
    with cli.over_socket("--forward-to", target.url, events=["product.created"]) as listening:
        cli.stripe.client.v1.products.create({"name": "A"})
        target.await_types("product.created")
        assert listening.stop() == 0


def test_only_selected_events_reach_the_target(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=[PAID, "charge.succeeded"]):
        cli.stripe.pay(cli.stripe.new_session())
        target.await_types(PAID, "charge.succeeded")
    assert set(target.types) == {PAID, "charge.succeeded"}


def test_every_event_of_a_payment_can_be_received(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url):
        cli.stripe.pay(cli.stripe.new_session())
        target.await_types("payment_intent.created", "payment_intent.succeeded", "charge.succeeded", PAID)


def test_events_are_printed_without_a_target(cli: Cli) -> None:
    with cli.listen(events=["product.created"]) as listening:
        cli.stripe.client.v1.products.create({"name": "A"})
        listening.await_output("--> product.created [evt_")


def test_the_printed_secret_stays_the_same(cli: Cli, target: Target) -> None:
    printed = cli.run("listen", "--print-secret", "--skip-update", "--events", PAID)
    with cli.listen("--forward-to", target.url, events=[PAID]) as listening:
        assert printed.stdout.strip() == listening.secret
    again = cli.run("listen", "--print-secret", "--skip-update", "--events", PAID)
    assert again.stdout == printed.stdout


def test_each_device_has_its_own_secret(cli: Cli) -> None:
    def secret(device: str) -> str:
        options = ["--print-secret", "--skip-update", "--events", PAID, "--device-name", device]
        return cli.run("listen", *options, env={"STRIPE_DEVICE_NAME": device}).stdout

    assert secret("one") != secret("two")


def test_two_listeners_both_receive_an_event(cli: Cli, target: Target) -> None:
    with (
        Target() as other,
        cli.listen("--forward-to", target.url, events=["product.created"]),
        cli.listen("--forward-to", other.url, events=["product.created"]),
    ):
        cli.stripe.client.v1.products.create({"name": "A"})
        target.await_types("product.created")
        other.await_types("product.created")


def test_an_emulator_reset_does_not_affect_a_listener(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=["product.created"]) as listening:
        cli.stripe.control("POST", "reset", {})
        cli.stripe.client.v1.products.create({"name": "A"})
        target.await_types("product.created")
        delivery = target.first("product.created")
        secret = listening.secret
    stripe.WebhookSignature.verify_header(delivery.payload.decode(), delivery.headers["Stripe-Signature"], secret)


@pytest.mark.parametrize("key", ["sk_live_abcdefgh12345678", "sk_nonsense_12345678"])
def test_an_invalid_key_ends_with_the_reason(cli: Cli, key: str) -> None:
    result = cli.run("listen", "--print-secret", "--skip-update", "--events", PAID, env={"STRIPE_API_KEY": key})
    assert result.returncode == 1
    assert "Invalid API Key provided" in result.stdout + result.stderr
    assert KEY not in result.stdout + result.stderr
