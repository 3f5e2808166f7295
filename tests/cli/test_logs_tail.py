"""`stripe logs tail`: requests of other clients, as they arrive."""

import json
import re

import pytest

from tests.cli.cli import Cli, RunningCli
from tests.support.waiting import until

pytestmark = pytest.mark.cli

LINE = re.compile(r"\[(\d{3})\] (\w+) (\S+) \[req_\w+\]")


def make_requests(cli: Cli) -> None:
    """Make two requests that succeed and two that fail."""
    cli.stripe.call("GET", "/v1/products")
    cli.stripe.call("POST", "/v1/customers", name="A")
    cli.stripe.call("GET", "/v1/customers/cus_nobody")
    cli.stripe.call("POST", "/v1/products", nonsense="1")


def shown(tailing: RunningCli, count: int) -> list[str]:
    """Wait for `count` lines and return them sorted, because the CLI prints them in no fixed order."""
    until(lambda: len(LINE.findall(tailing.output)) >= count, f"{count} lines")
    tailing.stop()
    return sorted(" ".join(line) for line in LINE.findall(tailing.output))


def test_all_requests_are_shown(cli: Cli) -> None:
    with cli.tail() as tailing:
        make_requests(cli)
        assert shown(tailing, 4) == [
            "200 GET /v1/products",
            "200 POST /v1/customers",
            "400 POST /v1/products",
            "404 GET /v1/customers/cus_nobody",
        ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--filter-http-method", "POST"], ["200 POST /v1/customers", "400 POST /v1/products"]),
        (["--filter-request-path", "/v1/products"], ["200 GET /v1/products", "400 POST /v1/products"]),
        (["--filter-request-status", "FAILED"], ["404 GET /v1/customers/cus_nobody", "400 POST /v1/products"]),
        (["--filter-request-status", "SUCCEEDED"], ["200 GET /v1/products", "200 POST /v1/customers"]),
        (["--filter-status-code", "404,400"], ["404 GET /v1/customers/cus_nobody", "400 POST /v1/products"]),
        (["--filter-status-code-type", "2XX"], ["200 GET /v1/products", "200 POST /v1/customers"]),
        (["--filter-http-method", "GET", "--filter-status-code-type", "4XX"], ["404 GET /v1/customers/cus_nobody"]),
        (["--filter-source", "API", "--filter-status-code", "404"], ["404 GET /v1/customers/cus_nobody"]),
        (["--filter-account", "self", "--filter-status-code", "404"], ["404 GET /v1/customers/cus_nobody"]),
        (["--filter-ip-address", "127.0.0.1", "--filter-status-code", "404"], ["404 GET /v1/customers/cus_nobody"]),
    ],
    ids=lambda value: " ".join(value) if value[0].startswith("--") else "",
)
def test_filters_select_requests(cli: Cli, filters: list[str], expected: list[str]) -> None:
    with cli.tail(*filters) as tailing:
        make_requests(cli)
        assert shown(tailing, len(expected)) == sorted(expected)


@pytest.mark.parametrize(
    "filters",
    [["--filter-source", "DASHBOARD"], ["--filter-account", "connect_in"], ["--filter-ip-address", "192.0.2.1"]],
    ids=lambda value: value[1],
)
def test_filters_without_a_match_show_nothing(cli: Cli, filters: list[str]) -> None:
    with cli.tail(*filters) as tailing, cli.tail() as everything:
        make_requests(cli)
        shown(everything, 4)
        assert shown(tailing, 0) == []


def test_an_error_is_shown_with_its_reason(cli: Cli) -> None:
    with cli.tail("--format", "JSON") as tailing:
        cli.stripe.call("GET", "/v1/customers/cus_nobody")
        tailing.await_output('"request_id"')
        tailing.stop()
        entry = json.loads(tailing.output[tailing.output.index("{") :])
    assert entry["error"]["code"] == "resource_missing"
    assert entry["error"]["message"] == "No such customer: 'cus_nobody'"
    assert entry["status"] == 404
