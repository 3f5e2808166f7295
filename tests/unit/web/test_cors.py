"""CORS: preflights, and what scripts of other origins can read."""

from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import Settings

from tests.support.front_door import FrontDoor

FRONTEND = "http://192.168.1.7:5500"
PUBLIC = "shop.ngrok-free.app"
# The preflight of examples/frontend's POST.
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,idempotency-key,ngrok-skip-browser-warning",
}
ADDRESSES = {
    "localhost": {"Host": "localhost:8000"},
    "the network": {"Host": "192.168.1.5:8000"},
    "the tunnel": {"Host": PUBLIC, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
}

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def preflight(headers: dict[str, str], origin: str = FRONTEND) -> Any:
    return FrontDoor().options("/api/checkout/", headers=PREFLIGHT | {"Origin": origin} | headers)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_preflight_allows_any_origin_without_credentials(address: str, settings: Settings) -> None:
    settings.EXTRA_HOSTS = [PUBLIC]
    answer = preflight(ADDRESSES[address])
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert set(PREFLIGHT["Access-Control-Request-Headers"].split(",")) <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    "names",
    [
        "authorization,content-type",
        "baggage,content-type,idempotency-key,sentry-trace",
        "traceparent,tracestate",
        "x-request-id,x-requested-with",
        "cache-control,pragma",
        "b3,x-b3-sampled,x-b3-spanid,x-b3-traceid",
        "x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id",
        "newrelic,traceparent,tracestate",
        "request-context,request-id,traceparent",
    ],
)
def test_a_preflight_allows_headers_of_browser_sdks(names: str) -> None:
    answer = preflight({"Access-Control-Request-Headers": names})
    assert set(names.split(",")) <= set(answer["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("name", ["Private", "Local"])
def test_a_preflight_allows_private_network_access(name: str) -> None:
    question, answer = f"Access-Control-Request-{name}-Network", f"Access-Control-Allow-{name}-Network"
    assert preflight({question: "true"})[answer] == "true"
    assert answer not in preflight({})


@override_settings(CORS_ALLOW_ALL_ORIGINS=False, CORS_ALLOWED_ORIGINS=["https://shop.example"])
def test_an_allow_list_refuses_other_origins() -> None:
    network = {"Access-Control-Request-Local-Network": "true", "Access-Control-Request-Private-Network": "true"}
    allowed, refused = (preflight(network, origin) for origin in ("https://shop.example", FRONTEND))
    assert allowed["Access-Control-Allow-Origin"] == "https://shop.example"
    assert allowed["Access-Control-Allow-Local-Network"] == "true"
    assert not [name for name in refused.headers if name.startswith("Access-Control-")]


def test_a_page_without_an_origin_can_not_be_listed() -> None:
    answer = preflight({}, "null")
    assert answer["Access-Control-Allow-Origin"] == "*"
    with override_settings(CORS_ALLOW_ALL_ORIGINS=False, CORS_ALLOWED_ORIGINS=["https://shop.example"]):
        refused = [preflight({}, "null"), FrontDoor().get("/api/products/", headers={"Origin": "null"})]
    assert [name for each in refused for name in each.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize(("origin", "refused"), [("null", True), ("http://localhost:8000", False)])
def test_a_page_without_an_origin_can_not_use_the_console(origin: str, refused: bool, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1234"  # then there are no faults to switch: 404
    client = FrontDoor()
    token = client.get("/console/", headers={"Host": "localhost:8000"}).cookies["csrftoken"].value
    headers = {"Host": "localhost:8000", "Origin": origin, "X-CSRFToken": token}
    assert client.post("/console/faults/", headers=headers).status_code == (403 if refused else 404)


def test_a_script_can_read_errors_and_retry_after(client: Client) -> None:
    answer = client.post("/api/checkout/", "{", content_type="application/json", headers={"Origin": FRONTEND})
    assert answer.status_code == 400
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Expose-Headers"] == "retry-after"


@pytest.mark.parametrize("path", ["/", "/console/state/", "/admin/login/", "/readyz", "/c/pay/cs_test_1",
                                  "/static/storefront/icon.svg"])  # fmt: skip
def test_other_origins_can_only_read_the_api(path: str, settings: Settings) -> None:
    settings.STRIPE_EMULATOR_URL = "http://127.0.0.1:9"
    answer = FrontDoor().get(path, headers={"Host": "localhost:8000", "Origin": FRONTEND})
    assert "Access-Control-Allow-Origin" not in answer
