"""`/v1/radar/early_fraud_warnings` ("Early Fraud Warnings")."""

from __future__ import annotations

from stripe_emulator.payments.fraud_warnings import KIND
from stripe_emulator.routing.resource import List, Resource
from stripe_emulator.schema import TIMED_PAGING, Fields, String

_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


RESOURCE = Resource(
    kind=KIND,
    path="/v1/radar/early_fraud_warnings",
    list=List(fields=_LIST, filters=("charge", "payment_intent")),
    linked=("payment_intent", "charge"),
)
