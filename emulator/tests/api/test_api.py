"""Rules for all endpoints: keys, versions, errors, bodies."""

import base64
import re
from typing import Any

import pytest
import stripe

from stripe_emulator.config import DEFAULT_API_VERSION
from support.running import Running


def ask(emulator: Running, **headers: str) -> Any:
    full = {name.replace("_", "-"): text for name, text in headers.items()}
    return emulator.http.request("GET", f"{emulator.url}/v1/products", headers=full)


@pytest.mark.parametrize("key", ["sk_test_x", "rk_test_0123456789", "sk_test_" + "a" * 100])
def test_any_test_key_is_accepted(emulator: Running, key: str) -> None:
    assert ask(emulator, Authorization=f"Bearer {key}").status == 200
    basic = base64.b64encode(f"{key}:".encode()).decode()
    assert ask(emulator, Authorization=f"Basic {basic}").status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer sk_live_0123456789abcdef",
        "Bearer pk_test_0123456789abcdef",
        "Bearer nonsense",
        "Basic !!!",
        "Bearer ",
        "",
    ],
)
def test_any_other_key_is_a_401(emulator: Running, authorization: str) -> None:
    answer = ask(emulator, Authorization=authorization) if authorization else ask(emulator)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert re.match(
        "Invalid API Key provided: |You did not provide an API key|This API call cannot be made with a publishable",
        error["message"],
    )


def test_a_key_is_never_repeated(emulator: Running) -> None:
    key = "sk_live_51secretsecretsecret"
    assert key not in ask(emulator, Authorization=f"Bearer {key}").data.decode()


def test_the_official_client_raises_an_authentication_error(emulator: Running) -> None:
    client = stripe.StripeClient("sk_live_0123456789abcdef", base_addresses={"api": emulator.url})
    with pytest.raises(stripe.AuthenticationError, match="accepts test keys only"):
        client.v1.products.list()


def test_each_response_has_a_request_id(emulator: Running) -> None:
    ids = {emulator.api("GET", "/v1/products").headers["Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(each.startswith("req_") for each in ids)


@pytest.mark.parametrize("version", [DEFAULT_API_VERSION, "2025-03-31.basil", "2020-08-27"])
def test_a_version_is_accepted_and_echoed(emulator: Running, version: str) -> None:
    assert emulator.api("GET", "/v1/products", Stripe_Version=version).headers["Stripe-Version"] == version
    assert emulator.api("GET", "/v1/products").headers["Stripe-Version"] == DEFAULT_API_VERSION


def test_an_invalid_version_is_refused(emulator: Running) -> None:
    answer = emulator.api("GET", "/v1/products", Stripe_Version="latest")
    assert answer.status == 400
    assert "Invalid Stripe API version: latest" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/charges/ch_1"), ("GET", "/v1/")])
def test_an_unknown_url_is_a_404(emulator: Running, method: str, path: str) -> None:
    answer = emulator.api(method, path)
    assert answer.status == 404
    assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


def test_an_unknown_url_outside_the_api_is_a_404(emulator: Running) -> None:
    assert emulator.http.request("GET", f"{emulator.url}/nothing").status == 404


def test_a_json_body_is_refused(emulator: Running) -> None:
    headers = {"Authorization": "Bearer sk_test_1"}
    answer = emulator.http.request("POST", f"{emulator.url}/v1/products", json={"name": "A"}, headers=headers)
    assert answer.status == 400
    assert "check that your POST content type is application/x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_a_large_body_is_refused(emulator: Running) -> None:
    assert emulator.api("POST", "/v1/products", {"name": "x" * (1 << 21)}).status == 413


@pytest.mark.parametrize(
    "body", ["a[b=1", "a[b]]=1", "a=1&a[b]=2", "=1", "a[" + "[x]" * 50 + "=1", "%ff=%fe", "\x00=1"]
)
def test_an_invalid_body_is_refused(emulator: Running, body: str) -> None:
    headers = {"Authorization": "Bearer sk_test_1", "Content-Type": "application/x-www-form-urlencoded"}
    answer = emulator.http.request("POST", f"{emulator.url}/v1/products", body=body, headers=headers)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_arrays_have_several_notations(emulator: Running) -> None:
    for name in ("images[]", "images[0]"):
        made = emulator.api("POST", "/v1/products", {"name": "A", name: "https://shop.test/a.png"}).json()
        assert made["images"] == ["https://shop.test/a.png"]
    wrong = emulator.api("POST", "/v1/products", {"name": "A", "images": "x"}).json()["error"]
    assert (wrong["message"], wrong["param"]) == ("Invalid array", "images")


def test_errors_have_a_code_and_its_documentation(emulator: Running) -> None:
    error = emulator.api("POST", "/v1/products").json()["error"]
    assert error == {
        "code": "parameter_missing",
        "doc_url": "https://stripe.com/docs/error-codes/parameter-missing",
        "message": "Missing required param: name.",
        "param": "name",
        "type": "invalid_request_error",
    }


def test_several_unknown_parameters_are_all_named(emulator: Running) -> None:
    error = emulator.api("POST", "/v1/products", {"name": "A", "x": "1", "y": "2"}).json()["error"]
    assert error["message"] == "Received unknown parameters: x, y"


def test_responses_are_indented_like_stripes(emulator: Running) -> None:
    assert emulator.api("GET", "/v1/products").data == (
        b'{\n  "object": "list",\n  "data": [],\n  "has_more": false,\n  "url": "/v1/products"\n}\n'
    )


def test_other_origins_get_no_cors_headers(emulator: Running) -> None:
    answer = emulator.http.request(
        "OPTIONS",
        f"{emulator.url}/v1/products",
        headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
