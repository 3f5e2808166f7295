"""`stripe events resend`."""

import pytest

from tests.cli.cli import Cli
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli


def test_an_event_can_be_resent(cli: Cli, target: Target) -> None:
    with cli.listen("--forward-to", target.url, events=["product.created"]):
        cli.stripe.client.v1.products.create({"name": "A"})
        target.await_types("product.created")
        event = target.deliveries[0].event["id"]
        resent = cli.run("events", "resend", event)
        assert f'"id": "{event}"' in resent.stdout
        until(lambda: target.times(event) == 2, "the event has arrived twice")
    first, second = target.deliveries
    assert first.payload == second.payload


def test_a_new_listener_gets_a_resent_event(cli: Cli, target: Target) -> None:
    cli.stripe.client.v1.products.create({"name": "A"})
    event = cli.stripe.client.v1.events.list().data[0].id
    with cli.listen("--forward-to", target.url, events=["product.created"]):
        cli.run("events", "resend", event)
        until(lambda: target.times(event) == 1, "the event has arrived")


def test_an_unknown_event_is_refused(cli: Cli) -> None:
    assert "No such event: 'evt_nothing'" in cli.run("events", "resend", "evt_nothing").stdout
