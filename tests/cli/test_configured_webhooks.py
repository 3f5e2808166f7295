"""`--use-configured-webhooks` and `--latest`: targets, or the shape of events, come from the account."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli import Cli
from tests.cli.local_stripe import LocalStripe
from tests.cli.target import Target
from tests.support.waiting import until

pytestmark = pytest.mark.cli


def register(cli: Cli, path: str, *events: str) -> None:
    """Create an endpoint of the account, on a host that does not exist."""
    fields = {f"enabled_events[{number}]": event for number, event in enumerate(events)}
    status, _ = cli.stripe.call("POST", "/v1/webhook_endpoints", url=f"https://shop.invalid{path}", **fields)
    assert status == 200


def paths(target: Target, event_type: str) -> list[str]:
    return sorted(each.path for each in target.deliveries if each.event["type"] == event_type)


def test_configured_endpoints_get_their_enabled_events(cli: Cli, target: Target) -> None:
    register(cli, "/products", "product.created")
    register(cli, "/all", "*")
    with cli.listen("--use-configured-webhooks", "--forward-to", f"http://127.0.0.1:{target.port}"):
        cli.stripe.client.v1.products.create({"name": "A"})
        cli.stripe.client.v1.customers.create({"name": "B"})
        until(lambda: len(target.deliveries) == 3, "three deliveries")
    assert paths(target, "product.created") == ["/all", "/products"]
    assert paths(target, "customer.created") == ["/all"]


def test_a_failing_endpoint_gets_the_event_again(cli: Cli, target: Target) -> None:
    register(cli, "/one", "product.created")
    register(cli, "/two", "product.created")
    base = f"http://127.0.0.1:{target.port}"
    with cli.listen("-a", "--forward-to", base, events=["product.created"]) as listening:
        cli.stripe.client.v1.products.create({"name": "A"})
        listening.await_output(f"[200] POST {base}/one")
        listening.await_output(f"[200] POST {base}/two")
        target.deliveries.clear()
        # The first two requests are the first attempts for both endpoints, in any order.
        answers = iter([200, 500])
        target.behavior = lambda event: next(answers, 200)
        cli.stripe.client.v1.products.create({"name": "B"})
        until(lambda: len(target.deliveries) == 4, "both received it again")


def test_events_arrive_with_latest(cli: Cli, target: Target) -> None:
    with cli.listen("--latest", "--forward-to", target.url, events=["product.created"]):
        cli.stripe.client.v1.products.create({"name": "A"})
        cli.stripe.client.v1.products.create({"name": "B"})
        until(lambda: len(target.deliveries) == 2, "both events")
    assert len({each.event["id"] for each in target.deliveries}) == 2


def event_of(cli: Cli, target: Target, product: str, *options: str) -> dict[str, Any]:
    """Create a product while the CLI listens. Return its event.

    An event whose CLI ended before it confirmed the delivery arrives again, at the next one.
    """

    def events() -> list[dict[str, Any]]:
        return [each.event for each in target.deliveries if each.event["data"]["object"]["name"] == product]

    with cli.listen(*options, "--forward-to", target.url, events=["product.created"]):
        cli.stripe.client.v1.products.create({"name": product})
        until(events, "the event")
    return events()[0]


def test_events_have_the_version_of_the_account_or_the_latest(binary: str, target: Target, tmp_path: Path) -> None:
    account = "2024-06-20"
    with LocalStripe(["--api-version", account]) as stripe:
        cli = Cli(binary, stripe, tmp_path)
        old, new = event_of(cli, target, "A"), event_of(cli, target, "B", "--latest")
    assert old["api_version"] == account
    assert new["api_version"] > account
    # A field of newer versions.
    assert ("tax_details" in old["data"]["object"], "tax_details" in new["data"]["object"]) == (False, True)
