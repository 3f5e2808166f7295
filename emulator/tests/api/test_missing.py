"""Stripe's features that the emulator lacks are named as unsupported, and never look like typos."""

import json
from collections.abc import Iterator

import pytest

from stripe_emulator.resources import RESOURCES
from support import stripe_paths
from support.running import Running

OURS = {f"{route.method} {route.path}" for each in RESOURCES for route in each.routes()}
MISSING = [call for call in json.loads(stripe_paths.FILE.read_text()) if call not in OURS]


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def test_the_list_matches_the_official_package() -> None:
    assert stripe_paths.FILE.read_text() == stripe_paths.text(), stripe_paths.__doc__
    assert len(MISSING) > 300


@pytest.mark.parametrize("call", MISSING)
def test_an_unsupported_call_is_named(shared: Running, call: str) -> None:
    method, path = call.split(" ")
    answer = shared.api(method, path.replace("{}", "x_1"), {"limit": "1"})
    message = answer.json()["error"]["message"]
    assert answer.status == 404
    assert message.startswith(f"The local Stripe emulator does not support {method} {path.replace('{}', 'x_1')}.")
    assert message.endswith("/_emulator/supported")


def test_the_list_of_supported_calls_is_correct(shared: Running) -> None:
    supported = shared.control("GET", "supported")
    assert {"POST /v1/checkout/sessions", "GET /v1/account"} <= set(supported["data"]) <= OURS
    assert {"checkout.session", "card"} <= set(supported["objects"]) <= {each.kind for each in RESOURCES}


PARAMETERS = [
    ("POST", "/v1/checkout/sessions", {"mode": "setup"}),
    ("POST", "/v1/checkout/sessions", {"mode": "payment", "name_collection[business][enabled]": "true"}),
    ("POST", "/v1/checkout/sessions", {"mode": "payment", "managed_payments[enabled]": "true"}),
    ("POST", "/v1/payment_intents", {"amount": "500", "currency": "usd", "transfer_data[destination]": "acct_1"}),
    ("POST", "/v1/payment_intents", {"amount": "500", "currency": "usd", "payment_method_options[klarna][a]": "b"}),
    ("POST", "/v1/payment_methods", {"type": "klarna"}),
    ("GET", "/v1/balance_transactions", {"payout": "po_1"}),
]


@pytest.mark.parametrize(("method", "path", "params"), PARAMETERS)
def test_an_unsupported_parameter_is_named(shared: Running, method: str, path: str, params: dict[str, str]) -> None:
    answer = shared.api(method, path, params)
    error = answer.json()["error"]
    assert answer.status == 400
    assert error["message"].startswith("The local Stripe emulator does not support `")
    assert error["message"].endswith(f"For the supported calls and parameters, see {shared.url}/_emulator/supported")
    assert error["param"] in error["message"]


def test_the_list_has_the_parameters_too(shared: Running) -> None:
    found = shared.control("GET", "supported")
    assert found["parameters"].keys() == set(found["data"])
    named = found["parameters"]["POST /v1/checkout/sessions"]
    assert {"line_items[][price_data][currency]", "success_url"} <= set(named)
    assert not [name for name in named if name.startswith(("name_collection", "managed_payments"))]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/custmers"), ("PUT", "/v1/customers"), ("POST", "/v1/x/y"), ("POST", "/v2/x")]
)
def test_a_call_unknown_to_stripe_is_unrecognized(shared: Running, method: str, path: str) -> None:
    message = shared.api(method, path).json()["error"]["message"]
    assert message.startswith(f"Unrecognized request URL ({method}: {path}).")


@pytest.mark.parametrize("kind", ["klarna", "paypal", "ideal", "twint"])
def test_an_unsupported_payment_method_type_is_named(shared: Running, kind: str) -> None:
    session = {"mode": "payment", "success_url": "https://a.test/", "payment_method_types[0]": kind}
    for path, params in (
        ("/v1/checkout/sessions", session),
        ("/v1/payment_intents", {"amount": "500", "currency": "eur", "payment_method_types[0]": kind}),
        ("/v1/payment_methods", {"type": kind}),
    ):
        error = shared.api("POST", path, params).json()["error"]
        assert error["message"].startswith("The local Stripe emulator does not support")
        assert kind in error["message"]


@pytest.mark.parametrize("source", ["btok_us_verified", "ba_1", "src_1"])
def test_a_legacy_source_that_is_missing_is_named(shared: Running, source: str) -> None:
    customer = shared.api("POST", "/v1/customers").json()["id"]
    charge = {"amount": "500", "currency": "usd"}
    for path, params in (
        ("/v1/customers", {}),
        (f"/v1/customers/{customer}/sources", {}),
        ("/v1/charges", charge),
    ):
        error = shared.api("POST", path, {**params, "source": source}).json()["error"]
        assert error["message"].startswith(f"The local Stripe emulator does not support `source={source}`.")
        assert error["param"] == "source"


def test_a_publishable_key_is_named(shared: Running) -> None:
    for key in ("pk_test_0123456789", "pk_live_0123456789"):
        answer = shared.api("GET", "/v1/customers", Authorization=f"Bearer {key}")
        assert (answer.status, answer.json()["error"]["code"]) == (401, "secret_key_required")


def test_another_account_is_named(shared: Running) -> None:
    own = shared.api("GET", "/v1/account").json()["id"]
    assert shared.api("GET", "/v1/customers", Stripe_Account=own).status == 200
    for header in ("Stripe_Account", "Stripe_Context"):
        answer = shared.api("GET", "/v1/customers", {}, **{header: "acct_connected"})
        assert answer.status == 403
        assert "does not support Connect" in answer.json()["error"]["message"]
