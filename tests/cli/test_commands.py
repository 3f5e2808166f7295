"""API calls of the CLI: `get`, `post`, `delete`, and the commands named after resources."""

import json
import re
from typing import Any

import pytest

from tests.cli.cli import Cli

pytestmark = pytest.mark.cli


def run(cli: Cli, *arguments: str) -> Any:
    """Run the command. Return the JSON that it prints."""
    result = cli.run(*arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_get_post_and_delete_work(cli: Cli) -> None:
    product = run(cli, "post", "/v1/products", "-d", "name=A", "-d", "metadata[color]=red")
    assert product["metadata"] == {"color": "red"}
    assert run(cli, "get", f"/v1/products/{product['id']}") == product
    assert [each["id"] for each in run(cli, "get", "/v1/products", "--limit", "1")["data"]] == [product["id"]]
    assert run(cli, "delete", f"/v1/products/{product['id']}", "--confirm")["deleted"] is True


def test_an_object_can_be_read_by_its_id(cli: Cli) -> None:
    customer = cli.stripe.client.v1.customers.create({"name": "A"})
    assert run(cli, "get", customer.id)["name"] == "A"


def test_responses_are_printed_unchanged(cli: Cli) -> None:
    printed = cli.run("post", "/v1/products", "-d", "name=A").stdout
    assert re.match(r'\{\n  "id": "prod_\w+",\n  "object": "product",\n', printed)


def test_a_repeated_idempotency_key_changes_nothing(cli: Cli) -> None:
    command = ["post", "/v1/customers", "-d", "name=A", "--idempotency", "once"]
    assert run(cli, *command)["id"] == run(cli, *command)["id"]


def test_expand_and_headers_work(cli: Cli) -> None:
    price = run(
        cli,
        *["prices", "create", "--currency", "usd", "--unit-amount", "500"],
        *["-d", "product_data[name]=A", "--expand", "product"],
    )
    assert price["product"]["name"] == "A"
    assert "Request-Id: req_" in cli.run("get", "/v1/products", "--show-headers").stderr


def test_a_checkout_works_from_create_to_refund(cli: Cli) -> None:
    session = run(
        cli,
        *["checkout", "sessions", "create", "--mode", "payment", "--success-url", "https://shop.test/"],
        *["-d", "line_items[0][price_data][currency]=usd", "-d", "line_items[0][price_data][unit_amount]=2000"],
        *["-d", "line_items[0][price_data][product_data][name]=A", "-d", "line_items[0][quantity]=1"],
    )
    cli.stripe.pay(session["id"])
    paid = run(cli, "checkout", "sessions", "retrieve", session["id"])
    assert paid["payment_status"] == "paid"
    assert [each["id"] for each in run(cli, "checkout", "sessions", "list")["data"]] == [session["id"]]
    assert run(cli, "refunds", "create", "--payment-intent", paid["payment_intent"])["status"] == "succeeded"
    charge = run(cli, "payment_intents", "retrieve", paid["payment_intent"])["latest_charge"]
    assert run(cli, "charges", "retrieve", charge)["amount_refunded"] == 2000
    types = [each["type"] for each in run(cli, "events", "list", "--limit", "20")["data"]]
    assert {"checkout.session.completed", "charge.refunded"} <= set(types)


def test_an_open_session_can_be_expired(cli: Cli) -> None:
    session = cli.stripe.new_session()
    assert run(cli, "checkout", "sessions", "expire", session)["status"] == "expired"


@pytest.mark.parametrize(
    "resource",
    [
        "balance_transactions",
        "charges",
        "checkout sessions",
        "coupons",
        "customers",
        "disputes",
        "events",
        "payment_intents",
        "payment_methods",
        "prices",
        "products",
        "refunds",
        "webhook_endpoints",
    ],
)
def test_every_resource_can_be_listed(cli: Cli, resource: str) -> None:
    listed = run(cli, *resource.split(), "list", "--limit", "3")
    assert listed == {"object": "list", "data": [], "has_more": False, "url": listed["url"]}


def test_an_error_is_printed_in_stripes_shape(cli: Cli) -> None:
    error = run(cli, "products", "retrieve", "prod_nothing")["error"]
    assert (error["code"], error["type"]) == ("resource_missing", "invalid_request_error")
