"""A refund that was heard of before its payment: nothing is delivered, whoever dies in between."""

import json
from typing import Any

import pytest
from django.test import Client

from app.payments import outbox
from app.payments.models import Fulfillment, Order, StripeEvent
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("refunded", "status", "fulfillment"), [(2000, "refunded", "skipped"), (500, "partially_refunded", "done")]
)
def test_the_worker_settles_what_is_parked_before_it_delivers(
    client: Client, order: Order, mailoutbox: list[Any], refunded: int, status: str, fulfillment: str
) -> None:
    deliver(client, event_for(order))
    # As a process leaves it that dies after it has told the payment, and before it has looked for what was parked.
    refund = event_for(order, "refund.updated", amount=refunded)
    StripeEvent.objects.create(
        stripe_id=refund["id"], type=refund["type"], payload=json.dumps(refund), outcome="parked", attempts=1,
        stripe_payment_intent_id="pi_1",
    )  # fmt: skip
    outbox.process_due()
    order.refresh_from_db()
    assert order.status == status
    row = Fulfillment.objects.get()
    assert (row.status, row.attempts) == (fulfillment, int(fulfillment == "done"))
    assert len(mailoutbox) == int(fulfillment == "done")
    assert StripeEvent.objects.get(stripe_id=refund["id"]).outcome == "applied"
