"""Stripe is slow, busy, failing or silent: clear errors, bounded waiting, no duplicate charges."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import stripe
from django.test import Client
from pytest_django import Settings

from app.payments.api.checkout import open_session, place_order, start_checkout
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order
from app.payments.stripe import client as stripe_client
from app.payments.stripe.http import BRIEF, Limits, PooledClient, retry_after
from tests.support.emulator import KEY, Emulator
from tests.support.http_server import Quiet, serving

pytestmark = pytest.mark.django_db


def checkout(client: Client, key: str = "one-click") -> Any:
    return client.generic("POST", "/api/checkout/", headers={"Idempotency-Key": key})


def inject_fault(emulator: Emulator, **fault: Any) -> None:
    emulator.control("POST", "faults", {"path": "/v1/checkout/sessions*", **fault})


def sessions_at(emulator: Emulator) -> list[Any]:
    return emulator.stripe.v1.checkout.sessions.list().data


def client_with_timeout(emulator: Emulator, *, seconds: float) -> stripe.StripeClient:
    """Return a client with this time limit."""
    http_client = PooledClient(Limits(seconds=seconds, retries=5))
    return stripe.StripeClient(
        KEY, base_addresses={"api": emulator.url}, max_network_retries=0, http_client=http_client
    )


@contextmanager
def stripe_that_refuses(status: int, message: str) -> Iterator[str]:
    """Serve a Stripe that refuses every call with this error."""

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802  # http.server's name
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"error": {"type": "invalid_request_error", "message": message}}).encode())

    with serving(Handler) as url:
        yield url


def calls_at(emulator: Emulator, method: str) -> int:
    return sum(entry["method"] == method for entry in emulator.control("GET", "requests")["data"])


def test_a_short_rate_limit_is_retried(client: Client, emulator: Emulator) -> None:
    inject_fault(emulator, kind="error", status=429, times=1)
    assert checkout(client).status_code == 200
    assert len(sessions_at(emulator)) == 1


def test_a_lasting_rate_limit_returns_stripes_retry_after(client: Client, emulator: Emulator) -> None:
    inject_fault(emulator, kind="error", status=429)
    answer = checkout(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "stripe_unavailable")
    assert answer["Retry-After"] == "1"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_failing_gateway_is_retried(client: Client, emulator: Emulator, status: int) -> None:
    inject_fault(emulator, kind="error", status=status, times=1)
    assert checkout(client).status_code == 200


@pytest.mark.parametrize(
    ("status", "advice", "calls"),
    [(503, "true", 2), (503, "false", 1), (503, "perhaps", 2), (400, "true", 2), (400, "false", 1), (400, "", 1)],
)
def test_stripes_advice_on_retries_is_followed(status: int, advice: str, calls: int) -> None:
    seen: list[str] = []

    class Handler(Quiet):
        def do_GET(self) -> None:  # noqa: N802  # http.server's name
            seen.append(self.path)
            self.send_response(status)
            self.send_header("Stripe-Should-Retry", advice)
            self.end_headers()

    with serving(Handler) as url:
        response = PooledClient(Limits(seconds=10, retries=1)).request("get", url, {})
    assert (response[1], len(seen)) == (status, calls)


def test_a_lost_response_opens_no_second_session(client: Client, emulator: Emulator) -> None:
    inject_fault(emulator, kind="reset", when="after", times=1)
    assert checkout(client).status_code == 200
    assert len(sessions_at(emulator)) == 1


def test_a_stored_500_is_retried_with_a_new_key(client: Client, emulator: Emulator) -> None:
    inject_fault(emulator, kind="error", status=500, times=1)
    answer = checkout(client)
    assert answer.status_code == 200
    assert len(sessions_at(emulator)) == 1
    assert Order.objects.get().session_attempt == 1


def test_checkout_recovers_after_lasting_errors(client: Client, emulator: Emulator) -> None:
    inject_fault(emulator, kind="error", status=500, times=4)
    answers = [checkout(client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
    assert answers[0].json()["order_id"] == answers[2].json()["order_id"]
    assert answers[2].json() == answers[3].json()
    assert Order.objects.count() == len(sessions_at(emulator)) == 1


def test_a_slow_stripe_hits_the_timeout(emulator: Emulator) -> None:
    latency = 60
    inject_fault(emulator, kind="latency", seconds=latency)
    started = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        client_with_timeout(emulator, seconds=1).v1.checkout.sessions.list()
    assert time.monotonic() - started < latency, "it gave up"


def test_a_retry_beyond_the_timeout_is_not_made(emulator: Emulator) -> None:
    inject_fault(emulator, kind="error", status=429)  # with Retry-After: 1
    # On a machine that stalls, the timeout comes before the response.
    with pytest.raises((stripe.RateLimitError, stripe.APIConnectionError)):
        client_with_timeout(emulator, seconds=0.9).v1.checkout.sessions.list()
    assert calls_at(emulator, "GET") == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("", None), ("-1", None), ("soon", None), ("9" * 99, None)])
def test_retry_after_must_be_a_number_of_seconds(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}) == seconds


def test_checkout_returns_busy_when_all_calls_are_taken(client: Client, emulator: Emulator, settings: Settings) -> None:
    settings.STRIPE_CALLS_AT_ONCE = 1
    stripe_client.calls_left.cache_clear()
    with stripe_client.calling():
        answer = checkout(client)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "busy", "1")
    assert calls_at(emulator, "POST") == 0
    assert checkout(client).status_code == 200


def test_status_calls_leave_room_for_payments(settings: Settings) -> None:
    settings.STRIPE_CALLS_AT_ONCE = 4
    stripe_client.calls_left.cache_clear()
    with ExitStack() as waiting:
        waiting.enter_context(stripe_client.calling(BRIEF))
        assert not stripe_client.calls_left(BRIEF).acquire(blocking=False)
        for _ in range(4):
            waiting.enter_context(stripe_client.calling())


@pytest.mark.parametrize(("status", "hint"), [(401, "Check STRIPE_SECRET_KEY"), (403, "lacks a permission")])
def test_stripes_message_about_a_key_is_not_shown(
    client: Client, emulator: Emulator, settings: Settings, status: int, hint: str
) -> None:
    words = "The provided key 'rk_test_51*****cdef' does not have access to account 'acct_1234'."
    with stripe_that_refuses(status, words) as settings.STRIPE_EMULATOR_URL:
        stripe_client.client.cache_clear()
        answer = checkout(client)
    assert (answer.status_code, answer.json()["code"]) == (502, "stripe_refused")
    for seen in (answer.json()["detail"], Order.objects.get().reason):
        assert hint in seen
        assert "acct_" not in seen


def test_of_two_clicks_the_successful_one_counts(client: Client, emulator: Emulator, settings: Settings) -> None:
    seen_before = place_order(CheckoutIn(), return_url="http://testserver/{order_id}", idempotency_key="one-click")
    start_checkout(CheckoutIn(), return_url="", idempotency_key="one-click")
    # The other click read the order before its session was opened, and now all calls are taken.
    settings.STRIPE_CALLS_AT_ONCE = 1
    stripe_client.calls_left.cache_clear()
    with stripe_client.calling():
        opened = open_session(seen_before)
    assert (opened.checkout_url, opened.reason_code) != ("", "busy")
    assert Order.objects.get().reason_code == ""
