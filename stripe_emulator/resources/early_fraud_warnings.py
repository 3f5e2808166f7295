"""`/v1/radar/early_fraud_warnings` ("Early Fraud Warnings")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.jsontext import JSON
from stripe_emulator.pagination import listing
from stripe_emulator.payments.fraud_warnings import KIND
from stripe_emulator.routing import Route, get
from stripe_emulator.schema import TIMED_PAGING, Fields, String

_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


def retrieve(call: Call) -> JSON:
    """GET /v1/radar/early_fraud_warnings/{}."""
    return call.named(KIND).data


def list_early_fraud_warnings(call: Call) -> JSON:
    """GET /v1/radar/early_fraud_warnings."""
    return listing(call, KIND, call.given("charge", "payment_intent"))


ROUTES: list[Route] = [
    get("/v1/radar/early_fraud_warnings", list_early_fraud_warnings, _LIST),
    get("/v1/radar/early_fraud_warnings/{}", retrieve),
]
